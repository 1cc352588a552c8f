import type { EntraContext } from '../context.ts'
import { admits, personByOid } from '../directory.ts'
import { EntraError } from '../errors.ts'
import { checkRefreshToken, peekRefreshToken } from '../refresh-token.ts'
import { required, type TokenRequest, type TokenResponse } from '../token-request.ts'
import { userTokens } from './user-token.ts'

/**
 * A new access token and a new refresh token; the old one stays good (identity-platform/refresh-tokens). It may be for another
 * resource than the last: a refresh token is bound to person and client.
 *
 * @throws EntraError 70000 not ours or another client's, 50173 revoked, 700082 expired, 50020 another tenant
 */
export function refreshToken(context: EntraContext, request: TokenRequest): Promise<TokenResponse> {
  const { params, endpoint, registration } = request
  const content = peekRefreshToken(context, required(params, 'refresh_token'))
  if (!content) throw new EntraError(70000, 'The refresh token is malformed or invalid.')
  const person = personByOid(content.oid)
  if (!person) throw new EntraError(50034)
  if (!admits(endpoint, person.tenantId)) throw new EntraError(50020)
  checkRefreshToken(context, content, person, registration.clientId)
  return userTokens(context, request, { person, scope: params.get('scope') || content.scope, mfa: content.mfa, offline: true })
}
