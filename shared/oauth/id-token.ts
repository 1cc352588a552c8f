import type { JWTVerifyGetKey } from 'jose'

import { AppError } from '../errors.ts'
import { PERSONAL_TENANT_ID } from './authority.ts'

/** What a validated id_token says of the person. */
export interface SignedInPerson {
  tenantId: string
  userId: string
  userPrincipalName: string
  displayName: string
}

export interface IdTokenRules {
  authorityHost: URL
  /** `organizations`, `common`, `consumers`, or one tenant's id. */
  audience: string
  clientId: string
  /** Undefined only where no sign-in of ours preceded: an imported refresh token. */
  nonce: string | undefined
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const CLOCK_TOLERANCE_SECONDS = 300
/** Entra rolls its keys rarely and announces them early; an unknown `kid` is looked up at most this often. */
const KEY_COOLDOWN_MS = 30_000
const KEY_LIFE_MS = 60 * 60_000

/** jose's codes for a time-out and for an answer that is no key set. */
const KEYS_NOT_READ = ['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC']

/**
 * Validates id_tokens: signature, `aud`, `exp`, `nonce`, a `tid` that the audience allows, and `iss` made of that `tid`.
 *
 * @see {@link https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation OpenID Connect Core §3.1.3.7}
 * @see {@link https://learn.microsoft.com/entra/identity-platform/id-tokens Validating ID tokens}
 */
export function createIdTokenValidator(options: { fetch: typeof fetch; now(): number }) {
  const keySets = new Map<string, Promise<JWTVerifyGetKey>>()

  function keysOf(authorityHost: URL, audience: string): Promise<JWTVerifyGetKey> {
    const url = new URL(`/${audience}/discovery/v2.0/keys`, authorityHost)
    let keys = keySets.get(url.href)
    if (!keys) {
      keys = import('jose').then(({ createRemoteJWKSet, customFetch }) =>
        createRemoteJWKSet(url, { [customFetch]: options.fetch, cooldownDuration: KEY_COOLDOWN_MS, cacheMaxAge: KEY_LIFE_MS }),
      )
      keySets.set(url.href, keys)
    }
    return keys
  }

  return async (idToken: string | undefined, rules: IdTokenRules): Promise<SignedInPerson> => {
    if (!idToken) throw refused('no_id_token')
    const { decodeJwt, jwtVerify } = await import('jose')
    try {
      // Read before it is verified only to know which issuer to demand; the signature then covers both.
      const tenantId = String(decodeJwt(idToken).tid).toLowerCase()
      if (!allows(rules.audience, tenantId)) throw refused('tenant_not_allowed')
      const { payload } = await jwtVerify(idToken, await keysOf(rules.authorityHost, rules.audience), {
        algorithms: ['RS256'],
        audience: rules.clientId,
        issuer: `${rules.authorityHost.origin}/${tenantId}/v2.0`,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(options.now()),
        requiredClaims: ['exp', 'iat', 'oid', 'tid'],
      })
      if (rules.nonce !== undefined && payload.nonce !== rules.nonce) throw refused('nonce')
      const text = (name: string) => (typeof payload[name] === 'string' ? (payload[name] as string) : '')
      const userPrincipalName = text('preferred_username')
      return { tenantId, userId: text('oid'), userPrincipalName, displayName: text('name') || userPrincipalName }
    } catch (cause) {
      if (cause instanceof AppError) throw cause
      const code = (cause as { code?: string }).code
      if (KEYS_NOT_READ.includes(code ?? '') || cause instanceof TypeError) {
        throw new AppError('upstream_unavailable', 'The signing keys of Microsoft Entra could not be read.', { cause })
      }
      throw refused('invalid', cause)
    }
  }
}

export type ValidateIdToken = ReturnType<typeof createIdTokenValidator>

function allows(audience: string, tenantId: string): boolean {
  if (!GUID.test(tenantId)) return false
  switch (audience) {
    case 'common':
      return true
    case 'consumers':
      return tenantId === PERSONAL_TENANT_ID
    case 'organizations':
      return tenantId !== PERSONAL_TENANT_ID
    default:
      return tenantId === audience
  }
}

function refused(reason: string, cause?: unknown): AppError {
  const detail = 'The answer of the sign-in could not be verified; nothing was stored. Open the link again.'
  return new AppError('invalid_request', detail, { reason: `id_token_${reason}`, action: 'user', cause })
}
