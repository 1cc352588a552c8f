import { CONSUMERS_TENANT_ID } from '../people.ts'
import { json } from '../stand-in.ts'
import type { EntraContext } from './context.ts'
import { endpointSegment, resolveEndpoint } from './directory.ts'
import { EntraError, errorAnswer } from './errors.ts'

const PUBLIC = { 'cache-control': 'max-age=86400, private', 'access-control-allow-origin': '*' }

/** GET /{tenant}/v2.0/.well-known/openid-configuration (OpenID Connect Discovery §3) */
export function openIdConfiguration(context: EntraContext, segment: string): Response {
  const origin = context.origin()
  const endpoint = resolveEndpoint(segment)
  const name = endpointSegment(endpoint)
  const shared = endpoint.kind === 'common' || endpoint.kind === 'organizations'
  const issuerTenant = shared ? '{tenantid}' : endpoint.kind === 'consumers' ? CONSUMERS_TENANT_ID : name
  const base = `${origin}/${name}`
  const document = {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: `${origin}/${issuerTenant}/v2.0`,
    request_uri_parameter_supported: false,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    http_logout_supported: true,
    frontchannel_logout_supported: false,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'nonce', 'preferred_username', 'name', 'tid', 'ver', 'email'],
    tenant_region_scope: null,
    cloud_instance_name: new URL(origin).host,
  }
  return json(200, document, PUBLIC)
}

/** GET /{tenant}/discovery/v2.0/keys */
export function signingKeys(context: EntraContext, segment: string): Response {
  resolveEndpoint(segment)
  return json(200, context.keys.jwks(context.origin()), PUBLIC)
}

/** GET /common/discovery/instance: which hosts are one cloud; this provider knows only itself. */
export function instanceDiscovery(context: EntraContext, query: URLSearchParams): Response {
  const origin = context.origin()
  const { host } = new URL(origin)
  const asked = query.get('authorization_endpoint')
  if (!asked || !URL.canParse(asked) || new URL(asked).host !== host) return errorAnswer(new EntraError(50049), origin, null)
  const tenant = new URL(asked).pathname.split('/')[1]
  return json(
    200,
    {
      tenant_discovery_endpoint: `${origin}/${tenant}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    },
    PUBLIC,
  )
}
