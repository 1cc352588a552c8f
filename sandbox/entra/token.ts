import { json, type StandInRequest } from '../stand-in.ts'
import { declaresCp1 } from './claims-request.ts'
import { authenticateClient, readClientId, readCredential } from './client-authentication.ts'
import type { EntraContext } from './context.ts'
import { personByOid, resolveEndpoint } from './directory.ts'
import { EntraError, errorAnswer } from './errors.ts'
import { authorizationCode } from './grants/authorization-code.ts'
import { clientCredentials } from './grants/client-credentials.ts'
import { refreshToken } from './grants/refresh-token.ts'
import { throwOrderedError } from './ordered-errors.ts'
import { peekRefreshToken } from './refresh-token.ts'
import { registrationAt } from './registrations.ts'
import { canonicalScopes, parseScopes } from './scopes.ts'
import { required, type TokenRequest, type TokenResponse } from './token-request.ts'

const grants = new Map<string, (context: EntraContext, request: TokenRequest) => Promise<TokenResponse>>([
  ['authorization_code', authorizationCode],
  ['refresh_token', refreshToken],
  ['client_credentials', clientCredentials],
])

const NO_STORE = { 'cache-control': 'no-store, no-cache', pragma: 'no-cache' }

/** POST /{tenant}/oauth2/v2.0/token */
export async function token(
  context: EntraContext,
  segment: string,
  request: StandInRequest,
  applyFaults: () => Promise<void> | undefined,
): Promise<Response> {
  const { facts, headers } = request
  const correlationId = headers.get('client-request-id')
  try {
    const params = await readForm(request)
    describe(context, segment, params, headers.get('authorization'), facts)
    await applyFaults()
    const endpoint = resolveEndpoint(segment)
    throwOrderedError(context, facts)
    const grant = grants.get(required(params, 'grant_type'))
    if (!grant) throw new EntraError(70003)
    const registration = registrationAt(context, endpoint, readClientId(params, headers.get('authorization')))
    const credential = readCredential(params, headers.get('authorization'))
    await authenticateClient(context, registration, segment, params, credential)
    const cp1 = declaresCp1(params.get('claims'))
    return json(200, await grant(context, { endpoint, params, registration, credential: credential!, cp1 }), NO_STORE)
  } catch (error) {
    if (!(error instanceof EntraError)) throw error
    facts.errorCode = error.code
    return errorAnswer(error, context.origin(), correlationId)
  }
}

async function readForm(request: StandInRequest): Promise<URLSearchParams> {
  if (!request.headers.get('content-type')?.toLowerCase().startsWith('application/x-www-form-urlencoded')) {
    throw new EntraError(9002313, 'The request body must be application/x-www-form-urlencoded.')
  }
  const params = await request.form()
  for (const name of params.keys()) {
    if (params.getAll(name).length > 1) throw new EntraError(9002313, `The parameter '${name}' is repeated.`)
  }
  return params
}

/** What the journal says of a token request, read without believing it: faults match on it before anything is checked. */
function describe(
  context: EntraContext,
  segment: string,
  params: URLSearchParams,
  authorization: string | null,
  facts: Record<string, unknown>,
): void {
  const code = context.codes.get(params.get('code') ?? '')
  const refresh = peekRefreshToken(context, params.get('refresh_token') ?? '')
  const oid = code?.oid ?? refresh?.oid
  facts.grantType = params.get('grant_type') ?? undefined
  facts.clientId = quietly(() => readClientId(params, authorization))
  facts.tenant = (oid && personByOid(oid)?.tenantId) || quietly(() => tenantOf(segment)) || segment
  facts.oid = oid
  facts.credential = readCredential(params, authorization)?.kind
  facts.cp1 = quietly(() => declaresCp1(params.get('claims'))) ?? false
  const requested = quietly(() => parseScopes(context, params.get('scope') || refresh?.scope || code?.scope || ''))
  facts.resource = (requested && [...requested.byResource.keys()][0]?.name) ?? 'graph'
  facts.scope = requested && canonicalScopes(requested).map((scope) => scope.slice(scope.lastIndexOf('/') + 1))
}

function tenantOf(segment: string): string {
  const endpoint = resolveEndpoint(segment)
  return endpoint.kind === 'tenant' ? endpoint.tenant.id : endpoint.kind
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof EntraError) return undefined
    throw error
  }
}
