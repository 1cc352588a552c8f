import { randomBytes } from 'node:crypto'

import type { Person } from '../people.ts'
import { pairwise } from './access-token.ts'
import type { EntraContext } from './context.ts'
import type { Registration } from './state.ts'

const ID_TOKEN_SECONDS = 3600

/** The id_token of the v2.0 endpoint (identity-platform/id-token-claims-reference). */
export function issueIdToken(
  context: EntraContext,
  { person, registration, openId, nonce }: { person: Person; registration: Registration; openId: string[]; nonce?: string },
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const profile = {
    name: person.displayName,
    oid: person.oid,
    preferred_username: person.userPrincipalName,
  }
  return context.keys.sign({
    aud: registration.clientId,
    iss: `${context.origin()}/${person.tenantId}/v2.0`,
    iat: now,
    nbf: now,
    exp: now + ID_TOKEN_SECONDS,
    sub: pairwise(person.oid, registration.clientId),
    tid: person.tenantId,
    uti: randomBytes(16).toString('base64url'),
    ver: '2.0',
    ...(openId.includes('profile') ? profile : {}),
    ...(openId.includes('email') ? { email: person.mail } : {}),
    ...(nonce === undefined ? {} : { nonce }),
    ...(registration.optionalClaims?.includes('login_hint') ? { login_hint: loginHint(person) } : {}),
  })
}

/** An opaque hint; /authorize takes it as `login_hint`, like a user name. */
export function loginHint(person: Person): string {
  return `O.${Buffer.from(person.oid).toString('base64url')}`
}

/** The oid in an opaque login hint. */
export function readLoginHint(hint: string): string | undefined {
  return hint.startsWith('O.') ? Buffer.from(hint.slice(2), 'base64url').toString() : undefined
}
