import { declaresCp1 } from './claims-request.ts'
import type { EntraContext } from './context.ts'
import { type Endpoint, resolveEndpoint } from './directory.ts'
import { EntraError } from './errors.ts'
import { registrationAt } from './registrations.ts'
import { canonicalRole, canonicalScopes, expandDefault, parseScopes } from './scopes.ts'
import type { Registration } from './state.ts'

export type ResponseMode = 'query' | 'fragment' | 'form_post'
const MODES: readonly string[] = ['query', 'fragment', 'form_post']
const PROMPTS: readonly string[] = ['login', 'none', 'consent', 'select_account']

/** Where the answer goes; known before anything else is judged, so that errors can be sent there. */
export interface ReturnAddress {
  endpoint: Endpoint
  registration: Registration
  redirectUri: string
  responseMode: ResponseMode
  state?: string
  kind: 'code' | 'adminConsent'
}

/** A checked request for a code or for an administrator's consent. */
export interface AuthorizeRequest extends ReturnAddress {
  /** Canonical scopes to consent to, `.default` replaced. */
  scopes: string[]
  /** Canonical application roles an administrator is asked for. */
  roles: string[]
  /** The scope parameter as sent. */
  scope: string
  prompt?: string
  loginHint?: string
  nonce?: string
  codeChallenge?: string
  clientInfo: boolean
}

/**
 * The part whose errors are shown as a page and never sent to a redirect URI (RFC 6749 §4.1.2.1).
 *
 * @throws EntraError 90002, 900144, 700016, 50194, 50011
 */
export function readReturnAddress(
  context: EntraContext,
  segment: string,
  params: URLSearchParams,
  kind: ReturnAddress['kind'],
): ReturnAddress {
  const endpoint = resolveEndpoint(segment)
  const registration = registrationAt(context, endpoint, need(params, 'client_id'))
  const redirectUri = need(params, 'redirect_uri')
  if (!registration.redirectUris.includes(redirectUri)) {
    throw new EntraError(
      50011,
      `The redirect URI '${redirectUri}' does not match those configured for '${registration.clientId}'.`,
    )
  }
  const mode = kind === 'code' ? (params.get('response_mode') ?? 'query') : 'query'
  return {
    endpoint,
    registration,
    redirectUri,
    responseMode: MODES.includes(mode) ? (mode as ResponseMode) : 'query',
    state: params.get('state') ?? undefined,
    kind,
  }
}

/** @throws EntraError 900144, 9002313, 70011, 650053, 500011: sent to the redirect URI */
export function readCodeRequest(context: EntraContext, address: ReturnAddress, params: URLSearchParams): AuthorizeRequest {
  for (const name of params.keys()) {
    if (params.getAll(name).length > 1) throw new EntraError(9002313, `The parameter '${name}' is repeated.`)
  }
  if (need(params, 'response_type') !== 'code') {
    throw new EntraError(9002313, 'Only the response type code is enabled.', { error: 'unsupported_response_type' })
  }
  const mode = params.get('response_mode')
  if (mode !== null && !MODES.includes(mode)) throw new EntraError(9002313, "The value of 'response_mode' is not supported.")
  const prompt = params.get('prompt') ?? undefined
  if (prompt !== undefined && !PROMPTS.includes(prompt)) throw new EntraError(90023, "The value of 'prompt' is not supported.")
  declaresCp1(params.get('claims'))
  const scope = need(params, 'scope')
  const scopes = expandDefault(context, canonicalScopes(parseScopes(context, scope)), address.registration)
  return {
    ...address,
    scope,
    scopes,
    roles: [],
    prompt,
    loginHint: params.get('login_hint') || undefined,
    nonce: params.get('nonce') ?? undefined,
    codeChallenge: readChallenge(params),
    clientInfo: params.get('client_info') === '1',
  }
}

function readChallenge(params: URLSearchParams): string | undefined {
  const challenge = params.get('code_challenge')
  const method = params.get('code_challenge_method')
  if (challenge === null && method === null) return undefined
  if (method !== 'S256' || !/^[A-Za-z0-9_-]{43}$/.test(challenge ?? '')) {
    throw new EntraError(9002313, "PKCE needs a 'code_challenge' of 43 characters and the method S256.")
  }
  return challenge ?? undefined
}

/**
 * An administrator's consent (v2-admin-consent): explicit delegated scopes, or `.default` for what the registration lists.
 *
 * @throws EntraError 90130 on common and consumers, and those of the scopes
 */
export function readAdminConsentRequest(
  context: EntraContext,
  address: ReturnAddress,
  params: URLSearchParams,
): AuthorizeRequest {
  const { kind } = address.endpoint
  if (kind === 'common' || kind === 'consumers') throw new EntraError(90130)
  const scope = need(params, 'scope')
  const canonical = canonicalScopes(parseScopes(context, scope))
  const prefixes = canonical.filter((one) => one.endsWith('/.default')).map((one) => one.slice(0, -'.default'.length))
  const { applicationPermissions } = address.registration
  const roles = applicationPermissions
    .map((permission) => canonicalRole(context, permission))
    .filter((role) => prefixes.some((prefix) => role.startsWith(prefix)))
  return { ...address, scope, scopes: expandDefault(context, canonical, address.registration), roles, clientInfo: false }
}

function need(params: URLSearchParams, name: string): string {
  const value = params.get(name)
  if (!value) throw new EntraError(900144, `The request must contain the parameter '${name}'.`)
  return value
}
