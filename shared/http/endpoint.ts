import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions'

import type { Account } from '../accounts/account.ts'
import { AppError } from '../errors.ts'
import { authorize, takesAccount } from './authorize.ts'
import { type Caller, mayUse } from './caller.ts'
import { invalid, readBody, readQuery } from './input.ts'
import { pageHeaders } from './page.ts'
import { pathParameters } from './path.ts'
import { problemPage, toProblem } from './problem.ts'
import type { Answer, AuditAction, Call, Route } from './route.ts'

/** One thing that a caller did. `outcome` is the HTTP status or the problem code. */
export interface AuditEvent {
  on: string
  action: AuditAction
  caller: string
  account?: string
  /** Whom a handed-out token is for. */
  resource?: string
  outcome: number | string
  correlationId: string
}

export interface EndpointServices {
  identify(request: HttpRequest): Caller | undefined
  findAccount(reference: string, mayUse: (account: Account) => boolean): Promise<Account | undefined>
  audit(event: AuditEvent): Promise<void>
  /** The same refusal with the link that mends it, where a person can. */
  withLink(error: AppError, account: Account): Promise<AppError>
  now(): number
}

/**
 * The one way from an HTTP request to a handler: who calls, which account, may they, is the input right; then the handler, the audit and the
 * only `catch`. It never throws and always answers: in streaming mode a handler that throws leaves the client waiting.
 */
export function endpoint<Services extends EndpointServices>(route: Route<Services>, services: Services): HttpHandler {
  const handle = route.handler(services)
  return async (request, context) => {
    const correlationId = context.invocationId
    let caller: Caller | undefined
    let account: Account | undefined
    let answer: HttpResponseInit
    let outcome: number | string
    let resource: string | undefined
    try {
      refuseForgedHeaders(request.url)
      caller = route.permission === 'anonymous' ? undefined : services.identify(request)
      const params = pathParameters(route.route, request.url)
      if (takesAccount(route) && caller) account = await findAccount(services, caller, params.account as string)
      authorize(caller, route, account)
      const query = route.query ? readQuery(request.url, route.query) : {}
      const body = route.body ? await readBody(request, route.body, route.maxBodyBytes) : undefined
      const call = { caller, account, params, query, body, request, correlationId } as Call<never, never>
      const given = await handle(call)
      answer = toResponse(given)
      outcome = given.status ?? 200
      resource = given.auditedResource
    } catch (thrown) {
      const error = thrown instanceof AppError && account ? await withLink(services, thrown, account) : thrown
      outcome = error instanceof AppError ? error.code : 500
      logFailure(context, route, error)
      answer = route.page ? toPage(error, correlationId) : toProblem(error, correlationId)
    }
    if (route.audit && caller) await writeAudit(services, context, { action: route.audit, caller, account, resource, outcome })
    return answer
  }
}

/**
 * In streaming mode the host puts query parameters beside the real headers, and one named `Headers` takes their place: a link could then
 * pretend to carry the cookie of another browser. Nothing of ours has that name.
 */
function refuseForgedHeaders(url: string): void {
  for (const name of new URL(url).searchParams.keys()) {
    if (name.toLowerCase() === 'headers') throw invalid([{ pointer: `?${name}`, message: 'is not known here' }])
  }
}

function findAccount(services: EndpointServices, caller: Caller, reference: string) {
  return services.findAccount(reference, (account) => mayUse(caller, account))
}

/** The refusal stands, with or without its link: nothing may throw past the one `catch`. */
function withLink(services: EndpointServices, error: AppError, account: Account): Promise<AppError> {
  return services.withLink(error, account).catch(() => error)
}

/** What was done is done: a failing audit is shouted about, and does not turn the answer into a lie. */
async function writeAudit(
  { audit, now }: EndpointServices,
  context: InvocationContext,
  {
    action,
    caller,
    account,
    resource,
    outcome,
  }: Pick<AuditEvent, 'action' | 'resource' | 'outcome'> & { caller: Caller; account?: Account },
): Promise<void> {
  const event = { on: new Date(now()).toISOString(), action, caller: caller.name, account: account?.id, resource, outcome }
  try {
    await audit({ ...event, correlationId: context.invocationId })
  } catch {
    context.error(`Audit entry lost: ${JSON.stringify(event)}`)
  }
}

function toResponse({ status = 200, json, page, stream, headers, cookies }: Answer): HttpResponseInit {
  const noStore = { 'cache-control': 'no-store' }
  if (page !== undefined) return { status, headers: { ...pageHeaders, ...headers }, cookies, body: page }
  if (stream) return { status, headers: { ...noStore, ...headers }, cookies, body: stream }
  if (json === undefined) return { status, headers: { ...noStore, ...headers }, cookies }
  return {
    status,
    headers: { ...noStore, 'content-type': 'application/json; charset=utf-8', ...headers },
    cookies,
    body: JSON.stringify(json),
  }
}

function toPage(error: unknown, correlationId: string): HttpResponseInit {
  const { status, html } = problemPage(error, correlationId)
  return { status, headers: pageHeaders, body: html }
}

/** Our own words and Microsoft's codes only; the cause of an AppError may hold a response body and is never logged. */
function logFailure(context: InvocationContext, { name }: { name: string }, error: unknown): void {
  if (error instanceof AppError) {
    const { code, action, message, details } = error
    context.log(JSON.stringify({ event: 'refused', route: name, code, action, detail: message, upstream: details.upstream }))
    return
  }
  const { name: kind, stack } = error instanceof Error ? error : new Error('A value that is no error was thrown.')
  context.error(JSON.stringify({ event: 'defect', route: name, kind, stack: stack?.split('\n').slice(1, 8) }))
}
