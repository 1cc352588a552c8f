import type { StandInRequest } from '../stand-in.ts'
import { type ReturnAddress, readAdminConsentRequest, readCodeRequest, readReturnAddress } from './authorize-request.ts'
import { answerError } from './authorize-response.ts'
import type { EntraContext } from './context.ts'
import { EntraError } from './errors.ts'
import { continueFlow, startFlow } from './flow.ts'
import { errorPage } from './pages/layout.ts'
import { newSessionId, readSessionId, sessionCookie } from './sessions.ts'

/** GET or POST /{tenant}/oauth2/v2.0/authorize, GET /{tenant}/v2.0/adminconsent */
export async function authorize(
  context: EntraContext,
  segment: string,
  request: StandInRequest,
  applyFaults: () => Promise<void> | undefined,
  kind: ReturnAddress['kind'],
): Promise<Response> {
  const params = request.method === 'POST' ? await request.form() : request.url.searchParams
  Object.assign(request.facts, {
    clientId: params.get('client_id') ?? undefined,
    prompt: params.get('prompt') ?? undefined,
    hasLoginHint: params.has('login_hint'),
    responseMode: params.get('response_mode') ?? undefined,
  })
  await applyFaults()

  const sessionId = readSessionId(request.headers) ?? newSessionId()
  const response = begin(context, segment, params, kind, sessionId, request.facts)
  response.headers.append('set-cookie', sessionCookie(sessionId))
  return response
}

function begin(
  context: EntraContext,
  segment: string,
  params: URLSearchParams,
  kind: ReturnAddress['kind'],
  sessionId: string,
  facts: Record<string, unknown>,
): Response {
  let address: ReturnAddress | undefined
  try {
    address = readReturnAddress(context, segment, params, kind)
    const read = kind === 'code' ? readCodeRequest : readAdminConsentRequest
    return continueFlow(context, startFlow(context, sessionId, read(context, address, params)))
  } catch (error) {
    if (!(error instanceof EntraError)) throw error
    facts.errorCode = error.code
    return address ? answerError(address, error) : errorPage(error)
  }
}
