import { createHash } from 'node:crypto'

import { type AuthorizationCode, type EntraContext, SHORT_LIFE_MS } from '../context.ts'
import { admits, personByOid } from '../directory.ts'
import { EntraError } from '../errors.ts'
import { canonicalScopes, parseScopes } from '../scopes.ts'
import { required, type TokenRequest, type TokenResponse } from '../token-request.ts'
import { userTokens } from './user-token.ts'

/**
 * Redeems a code (RFC 6749 §4.1.3, RFC 7636 §4.6). A code is used up by the first request that names it rightly.
 *
 * @throws EntraError 9002313 unknown code, 54005 used, 70008 expired, 70000 another client's, 700005 another tenant's,
 *   500112 redirect URI, 501481 PKCE
 */
export function authorizationCode(context: EntraContext, request: TokenRequest): Promise<TokenResponse> {
  const { params, endpoint, registration } = request
  const code = context.codes.get(required(params, 'code'))
  const redirectUri = required(params, 'redirect_uri')
  if (!code) throw new EntraError(9002313, 'The authorization code is malformed or invalid.', { error: 'invalid_grant' })
  if (code.clientId !== registration.clientId) throw new EntraError(70000, 'The authorization code was issued to another client.')
  if (code.used) throw new EntraError(54005)
  if (Date.now() - code.issuedOn > SHORT_LIFE_MS) throw new EntraError(70008)
  if (!admits(endpoint, code.tenantId)) throw new EntraError(700005)
  if (code.redirectUri !== redirectUri) throw new EntraError(500112)
  checkVerifier(code, params.get('code_verifier'))
  // Marked before anything is awaited, so that of two parallel redemptions one fails.
  code.used = true

  const person = personByOid(code.oid)
  if (!person) throw new EntraError(50034)
  const authorized = parseScopes(context, code.scope)
  const [firstResource] = authorized.byResource
  const asAuthorized = canonicalScopes({ ...authorized, byResource: new Map(firstResource ? [firstResource] : []) }).join(' ')
  const asked = params.get('scope')
  return userTokens(context, request, {
    person,
    scope: asked ? `${asked} ${authorized.openId.join(' ')}` : asAuthorized,
    mfa: code.mfa,
    offline: authorized.openId.includes('offline_access') || Boolean(asked?.split(' ').includes('offline_access')),
    nonce: code.nonce,
  })
}

function checkVerifier(code: AuthorizationCode, verifier: string | null): void {
  if (code.codeChallenge === undefined) {
    if (verifier !== null) throw new EntraError(501481, 'A code_verifier was sent, but no code_challenge was.')
    return
  }
  const challenge = createHash('sha256')
    .update(verifier ?? '')
    .digest('base64url')
  if (verifier === null || challenge !== code.codeChallenge) throw new EntraError(501481)
}
