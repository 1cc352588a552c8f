import { randomUUID, timingSafeEqual } from 'node:crypto'

import { json, type StandIn, type StandInOptions, type StandInRequest, serve } from '../stand-in.ts'

/** A token of the managed identity and when it ends. */
export interface IdentityToken {
  token: string
  expiresOn: Date
}

export interface IdentityOptions extends StandInOptions {
  /** The value of `IDENTITY_HEADER`; callers without it are refused. */
  header: string
  /** The user-assigned identity; there is no system-assigned one. */
  clientId: string
  /** Makes a token whose `aud` is the resource. */
  issue(resource: string): Promise<IdentityToken> | IdentityToken
}

export interface IdentityStandIn extends StandIn {
  /** The value of `IDENTITY_ENDPOINT`. */
  endpoint: string
}

const API_VERSION = '2019-08-01'

/** Resources that Azure knows in every tenant; any other one is refused, as Entra does for an unknown service principal. */
const RESOURCES = new Set([
  'https://vault.azure.net',
  'https://storage.azure.com',
  'https://management.azure.com',
  'https://management.core.windows.net',
  'https://monitor.azure.com',
  'https://graph.microsoft.com',
  'api://azureadtokenexchange',
  'api://azureadtokenexchangeusgov',
  'api://azureadtokenexchangechina',
])

/**
 * The managed-identity endpoint of App Service and Functions, plain HTTP.
 *
 * @see {@link https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference REST endpoint reference}
 */
export async function startIdentity(options: IdentityOptions): Promise<IdentityStandIn> {
  const standIn = await serve('identity', { ...options, tls: undefined }, async (request, applyFaults) => {
    const resource = request.url.searchParams.get('resource') ?? ''
    request.facts.resource = resource
    await applyFaults()
    return refusal(request, options) ?? answer(resource, options)
  })
  return { ...standIn, endpoint: new URL('/msi/token', standIn.url).href }
}

function refusal(request: StandInRequest, options: IdentityOptions): Response | undefined {
  const { pathname, searchParams } = request.url
  if (request.method !== 'GET' || pathname.toLowerCase() !== '/msi/token')
    return problem(404, 'There is nothing at this address.')
  if (!sameText(request.headers.get('x-identity-header') ?? '', options.header)) {
    return problem(401, 'The X-IDENTITY-HEADER header is missing or wrong.')
  }
  if (searchParams.get('api-version') !== API_VERSION) return problem(400, `The api-version must be ${API_VERSION}.`)
  if (searchParams.get('client_id')?.toLowerCase() !== options.clientId.toLowerCase()) {
    return problem(400, 'No managed identity with this client id is assigned to the app.')
  }
  const resource = searchParams.get('resource')
  if (!resource) return problem(400, 'The resource parameter is missing.')
  if (!RESOURCES.has(resource.toLowerCase().replace(/\/$/, ''))) {
    return problem(400, 'AADSTS500011: the resource principal was not found in the tenant.')
  }
  return undefined
}

async function answer(resource: string, options: IdentityOptions): Promise<Response> {
  const { token, expiresOn } = await options.issue(resource)
  return json(200, {
    access_token: token,
    client_id: options.clientId,
    expires_on: String(Math.floor(expiresOn.getTime() / 1000)),
    resource,
    token_type: 'Bearer',
  })
}

function problem(statusCode: number, message: string): Response {
  return json(statusCode, { statusCode, message, correlationId: randomUUID() })
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
