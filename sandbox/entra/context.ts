import type { State } from '../state.ts'
import type { Flow } from './flow.ts'
import type { KeyRing } from './keys.ts'
import type { OrderedError } from './ordered-errors.ts'
import type { EntraState } from './state.ts'

/** An authorization code that waits to be redeemed, or was. */
export interface AuthorizationCode {
  clientId: string
  redirectUri: string
  oid: string
  tenantId: string
  scope: string
  mfa: boolean
  issuedOn: number
  used: boolean
  codeChallenge?: string
  nonce?: string
}

/** What the parts of the provider share. Codes and sign-ins in progress live in memory only: ten minutes, then they are void. */
export interface EntraContext {
  /** `https://localhost:{port}` */
  origin(): string
  state: State<EntraState>
  keys: KeyRing
  codes: Map<string, AuthorizationCode>
  flows: Map<string, Flow>
  orderedErrors: OrderedError[]
  /** Overrides the lifetime of access tokens. */
  tokenLifetimeSeconds?: number
}

/** Codes and sign-in pages are good for ten minutes (v2-oauth2-auth-code-flow). */
export const SHORT_LIFE_MS = 600_000

/** Forgets the oldest entries of a map that keeps insertion order, once they are twice as old as they may get. */
export function forgetOld<T extends { issuedOn: number }>(map: Map<string, T>): void {
  for (const [key, value] of map) {
    if (Date.now() - value.issuedOn < 2 * SHORT_LIFE_MS) return
    map.delete(key)
  }
}
