import { issueAccessToken } from '../access-token.ts'
import { namesFor, tenantApp } from '../consents.ts'
import type { EntraContext } from '../context.ts'
import { EntraError } from '../errors.ts'
import { parseScopes } from '../scopes.ts'
import { required, type TokenRequest, type TokenResponse } from '../token-request.ts'

/**
 * The application's own token (RFC 6749 §4.4; v2-oauth2-client-creds-grant-flow). It is issued without any consent, then without
 * roles.
 *
 * @throws EntraError 1002012 scope, 90130 shared endpoint, 90023 personal accounts, 700016 and 7000112 for the tenant
 */
export async function clientCredentials(context: EntraContext, request: TokenRequest): Promise<TokenResponse> {
  const { params, endpoint, registration, credential, cp1 } = request
  const scope = required(params, 'scope')
  if (!scope.endsWith('/.default') || scope.includes(' ')) throw new EntraError(1002012)
  if (endpoint.kind === 'consumers')
    throw new EntraError(90023, 'Applications have no tokens of their own for personal accounts.')
  if (endpoint.kind !== 'tenant') throw new EntraError(90130)
  const [resource] = parseScopes(context, scope).byResource.keys()
  const tenantId = endpoint.tenant.id
  const app = tenantApp(context, tenantId, registration.clientId)
  if (!app)
    throw new EntraError(
      700016,
      `Application with identifier '${registration.clientId}' was not found in '${endpoint.tenant.name}'.`,
    )
  if (app.disabled) throw new EntraError(7000112)

  const { token, expiresIn } = await issueAccessToken(context, {
    registration,
    tenantId,
    resource: resource!,
    permissions: namesFor(resource!, app.roles),
    cp1,
    mfa: false,
    appidacr: credential.kind === 'secret' ? '1' : '2',
  })
  return { token_type: 'Bearer', expires_in: expiresIn, ext_expires_in: expiresIn, access_token: token }
}
