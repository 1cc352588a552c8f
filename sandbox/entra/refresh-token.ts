import { CONSUMERS_TENANT_ID, type Person } from '../people.ts'
import type { EntraContext } from './context.ts'
import { EntraError } from './errors.ts'
import { seal, unseal } from './seal.ts'
import { personState } from './state.ts'

const PREFIX = '1.A'
/** A refresh token not used for so long is void (identity-platform/refresh-tokens). */
const REFRESH_TOKEN_LIFE_MS = 90 * 86_400_000

/** What a refresh token holds: it is bound to person and client, not to a resource. */
export interface RefreshToken {
  oid: string
  clientId: string
  issuedOn: number
  generation: number
  mfa: boolean
  /** The scope it was issued with, used when a request names none. */
  scope: string
}

export function issueRefreshToken(
  context: EntraContext,
  person: Person,
  token: Pick<RefreshToken, 'clientId' | 'mfa' | 'scope'>,
): string {
  const { refreshGeneration: generation } = personState(context.state.value, person.oid)
  const content: RefreshToken = { ...token, oid: person.oid, issuedOn: Date.now(), generation }
  return seal(context.state.value.sealingKey, PREFIX, content)
}

/** The content of a refresh token of this provider, whatever its state. */
export function peekRefreshToken(context: EntraContext, token: string): RefreshToken | undefined {
  return unseal<RefreshToken>(context.state.value.sealingKey, PREFIX, token)
}

/** @throws EntraError 70000 another client's, 50173 revoked, 700082 expired (70000 for personal accounts) */
export function checkRefreshToken(context: EntraContext, token: RefreshToken, person: Person, clientId: string): void {
  if (token.clientId !== clientId) throw new EntraError(70000, 'The refresh token was issued to another client.')
  if (token.generation < personState(context.state.value, person.oid).refreshGeneration) throw new EntraError(50173)
  if (Date.now() - token.issuedOn <= REFRESH_TOKEN_LIFE_MS) return
  throw new EntraError(person.tenantId === CONSUMERS_TENANT_ID ? 70000 : 700082)
}
