import type { Person } from '../../people.ts'
import { issueAccessToken } from '../access-token.ts'
import { grantedScopes, missingScopes, namesFor, tenantApp } from '../consents.ts'
import type { EntraContext } from '../context.ts'
import { EntraError } from '../errors.ts'
import { issueIdToken } from '../id-token.ts'
import { checkAccount, checkMfa } from '../policy.ts'
import { issueRefreshToken } from '../refresh-token.ts'
import { DEFAULT_RESOURCE, type Resource } from '../resources.ts'
import { canonicalScopes, parseScopes, type RequestedScopes } from '../scopes.ts'
import type { TokenRequest, TokenResponse } from '../token-request.ts'

export interface UserGrant {
  person: Person
  /** Scope parameter of this token request, or what stands in for it. */
  scope: string
  mfa: boolean
  /** A refresh token is given: offline_access was asked for. */
  offline: boolean
  nonce?: string
}

/**
 * Tokens for a person who granted them.
 *
 * @throws EntraError 28000 two resources, 65001 not consented, 50057, 53003, 50076, 700016 and 7000112 for the tenant
 */
export async function userTokens(context: EntraContext, request: TokenRequest, grant: UserGrant): Promise<TokenResponse> {
  const { person, mfa, nonce } = grant
  const { registration, credential, cp1, params } = request
  const requested = parseScopes(context, grant.scope)
  const resource = oneResource(requested)
  checkTenant(context, person, registration.clientId)
  checkAccount(context, person)
  checkMfa(context, person, mfa)
  const granted = checkConsent(context, person, registration.clientId, requested, resource)

  const permissions = namesFor(resource, granted)
  const { token, expiresIn } = await issueAccessToken(context, {
    registration,
    tenantId: person.tenantId,
    resource,
    person,
    permissions,
    cp1,
    mfa,
    appidacr: credential.kind === 'secret' ? '1' : '2',
  })
  return {
    token_type: 'Bearer',
    scope: answeredScope(resource, permissions, granted),
    expires_in: expiresIn,
    ext_expires_in: expiresIn,
    access_token: token,
    ...(grant.offline
      ? { refresh_token: issueRefreshToken(context, person, { clientId: registration.clientId, mfa, scope: grant.scope }) }
      : {}),
    ...(requested.openId.includes('openid')
      ? { id_token: await issueIdToken(context, { person, registration, openId: requested.openId, nonce }) }
      : {}),
    ...(params.get('client_info') === '1' ? { client_info: clientInfo(person) } : {}),
  }
}

function oneResource({ byResource }: RequestedScopes): Resource {
  const [first, second] = [...byResource.keys()]
  if (second) throw new EntraError(28000)
  return first ?? DEFAULT_RESOURCE
}

function checkTenant(context: EntraContext, person: Person, clientId: string): void {
  const app = tenantApp(context, person.tenantId, clientId)
  if (!app) throw new EntraError(700016, `Application with identifier '${clientId}' was not found in the directory.`)
  if (app.disabled) throw new EntraError(7000112)
}

function checkConsent(
  context: EntraContext,
  person: Person,
  clientId: string,
  requested: RequestedScopes,
  resource: Resource,
): string[] {
  const granted = grantedScopes(context, person, clientId)
  const asked = canonicalScopes(requested)
  const byDefault = `${resource.uri}/.default`
  const missing = missingScopes(
    granted,
    asked.filter((scope) => scope !== byDefault),
  )
  const emptyDefault = asked.includes(byDefault) && namesFor(resource, granted).length === 0
  if (missing.length > 0 || emptyDefault) throw new EntraError(65001)
  return granted
}

/** Graph's scopes come back by their short names, with the OpenID ones; others as full URIs. All that is granted, not what was asked. */
function answeredScope(resource: Resource, permissions: string[], granted: string[]): string {
  if (resource !== DEFAULT_RESOURCE) return permissions.map((name) => `${resource.uri}/${name}`).join(' ')
  const openId = granted.filter((scope) => !scope.includes('/') && scope !== 'offline_access')
  return [...permissions.toSorted(), ...openId].join(' ')
}

function clientInfo(person: Person): string {
  return Buffer.from(JSON.stringify({ uid: person.oid, utid: person.tenantId })).toString('base64url')
}
