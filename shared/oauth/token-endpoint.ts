import type { ClientAuth, Configuration } from 'openid-client'

import { toSeconds } from '../accounts/refresh-decision.ts'
import type { EntraAnswer } from './entra-answer.ts'
import { type EntraErrorAnswer, toEntraFailure } from './entra-errors.ts'

/** How the gateway proves itself in one token request: a secret (RFC 6749 §2.3.1) or a signed assertion (RFC 7523 §2.2). */
export type ClientCredential = { clientSecret: string } | { clientAssertion: string }

export interface TokenRequest {
  tokenEndpoint: URL
  clientId: string
  credential: ClientCredential
  scopes: string[]
  claims?: string
}

export interface TokenEndpointOptions {
  fetch: typeof fetch
  now(): number
}

/** Entra answers within a second or two; well below the lease of a refresh. */
const TIMEOUT_SECONDS = 20
/** When Entra names no life: the shortest one an administrator can configure. */
const SHORTEST_LIFE_SECONDS = 600

/** Loaded at the first request and kept: an import costs even when it is there already. */
let openIdClient: Promise<OpenIdClient> | undefined

type OpenIdClient = typeof import('openid-client')

/** `clientCredentials`: the application for itself; its one scope is `{resource}/.default`, and no refresh token comes back. */
type Grant = { code: string; redirectUri: string; codeVerifier: string } | { refreshToken: string } | { clientCredentials: true }

/** RFC 7523 §2.2. */
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * One token request, by openid-client. Its comparison of `iss` with one configured issuer does not fit `organizations`, so the id_token is
 * set aside before the library sees it and is validated in `id-token.ts`.
 *
 * @throws {@link EntraFailure} for everything that is not a usable token.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3 RFC 6749 §4.1.3},
 *   {@link https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2 §4.4.2} and {@link https://www.rfc-editor.org/rfc/rfc6749#section-6 §6}
 */
export async function requestToken(request: TokenRequest, grant: Grant, options: TokenEndpointOptions): Promise<EntraAnswer> {
  openIdClient ??= import('openid-client')
  const client = await openIdClient
  const seen: EntraErrorAnswer & { idToken?: string } = {}
  const { origin, href } = request.tokenEndpoint
  const configuration = new client.Configuration(
    { issuer: origin, token_endpoint: href },
    request.clientId,
    undefined,
    clientAuthentication(client, request.credential),
  )
  configuration.timeout = TIMEOUT_SECONDS
  configuration[client.customFetch] = async (url, init) => readAside(await options.fetch(url, init as RequestInit), seen)

  const parameters: Record<string, string> = { scope: request.scopes.join(' ') }
  if (request.claims !== undefined) parameters.claims = request.claims
  try {
    const answer = await send(client, configuration, grant, parameters)
    const expiresIn = Number(answer.expires_in) > 0 ? Number(answer.expires_in) : SHORTEST_LIFE_SECONDS
    return {
      token: {
        accessToken: answer.access_token,
        expiresOn: toSeconds(options.now() + expiresIn * 1000 - 1000),
        scopes: (answer.scope ?? request.scopes.join(' ')).split(' ').filter(Boolean),
      },
      refreshToken: answer.refresh_token,
      idToken: seen.idToken,
    }
  } catch (cause) {
    // The library's errors carry the response and its body; as `cause` they are never shown, only the parts read aside are.
    throw toEntraFailure({ ...seen, cause })
  }
}

function send(client: OpenIdClient, configuration: Configuration, grant: Grant, parameters: Record<string, string>) {
  if ('clientCredentials' in grant) return client.clientCredentialsGrant(configuration, parameters)
  if ('refreshToken' in grant) return client.refreshTokenGrant(configuration, grant.refreshToken, parameters)
  const callback = new URL(`${grant.redirectUri}?${new URLSearchParams({ code: grant.code })}`)
  return client.authorizationCodeGrant(configuration, callback, { pkceCodeVerifier: grant.codeVerifier }, parameters)
}

function clientAuthentication(client: OpenIdClient, credential: ClientCredential): ClientAuth {
  if ('clientSecret' in credential) return client.ClientSecretPost(credential.clientSecret)
  // The library would sign an assertion itself; ours comes signed from the vault, or is a managed identity's token.
  return (_server, { client_id }, body) => {
    body.set('client_id', client_id)
    body.set('client_assertion_type', JWT_BEARER)
    body.set('client_assertion', credential.clientAssertion)
  }
}

/** Notes what an error needs (status, Retry-After, the JSON body) and takes the id_token out of a success. */
async function readAside(response: Response, seen: EntraErrorAnswer & { idToken?: string }): Promise<Response> {
  seen.status = response.status
  const retryAfter = Number(response.headers.get('retry-after'))
  if (retryAfter > 0) seen.retryAfter = retryAfter
  const text = await response.text()
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return new Response(text, response)
  }
  if (typeof body !== 'object' || body === null) return new Response(text, response)
  const { id_token: idToken, ...rest } = body as Record<string, unknown>
  if (response.ok) seen.idToken = typeof idToken === 'string' ? idToken : undefined
  else seen.body = rest
  return new Response(JSON.stringify(rest), { status: response.status, headers: { 'content-type': 'application/json' } })
}
