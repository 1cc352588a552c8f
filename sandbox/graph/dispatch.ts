import type { StandInRequest } from '../stand-in.ts'
import { authorize, findMailbox } from './access.ts'
import { leaveAfter } from './concurrency.ts'
import { GraphError } from './errors.ts'
import { errorReply, requestIds } from './http.ts'
import { type Match, matchRoute } from './match.ts'
import { findUpload, handleUpload } from './operations/upload.ts'
import { preferenceApplied, readPreferences } from './preferences.ts'
import type { GraphService } from './service.ts'
import { authenticate } from './token.ts'

type ApplyFaults = () => Promise<void> | undefined

/** Answers one request: the only place where a {@link GraphError} becomes a response. */
export async function dispatch(service: GraphService, request: StandInRequest, applyFaults: ApplyFaults): Promise<Response> {
  const ids = requestIds(request)
  const response = await serveRequest(service, request, applyFaults).catch((error: unknown) => {
    if (error instanceof GraphError) return errorReply(error, ids)
    throw error
  })
  for (const [name, value] of Object.entries(ids)) response.headers.set(name, value)
  response.headers.set('date', new Date().toUTCString())
  return response
}

async function serveRequest(service: GraphService, request: StandInRequest, applyFaults: ApplyFaults): Promise<Response> {
  const session = findUpload(service, request)
  if (session) {
    const { appId, mailbox } = session
    return inFlight(service, request, appId, mailbox.owner.oid, applyFaults, () => handleUpload(service, request, session))
  }

  const { facts, method, url, headers } = request
  const preferences = readPreferences(headers)
  facts.immutable = preferences.immutableIds
  const match = tryMatch(method, url.pathname)
  facts.operation = match instanceof GraphError ? 'unsupported' : match.route.operation
  const token = authenticate(service, request)
  facts.appid = token.appid
  // A stranger is told that it is one, not what exists.
  if (match instanceof GraphError) throw match
  const { route, user, params } = match
  const mailbox = findMailbox(service, token, user)
  facts.mailbox = mailbox.owner.oid
  authorize(service, token, mailbox, route.access)

  const response = await inFlight(service, request, token.appid, mailbox.owner.oid, applyFaults, () => {
    mailbox.settle()
    return route.handle({ service, request, token, mailbox, params, preferences })
  })
  const applied = preferenceApplied(preferences)
  if (applied) response.headers.set('preference-applied', applied)
  return response
}

function tryMatch(method: string, pathname: string): Match | GraphError {
  try {
    return matchRoute(method, pathname)
  } catch (error) {
    if (error instanceof GraphError) return error
    throw error
  }
}

/** Counts the request among those of its application and mailbox until its answer has been sent. */
async function inFlight(
  service: GraphService,
  request: StandInRequest,
  appId: string,
  oid: string,
  applyFaults: ApplyFaults,
  handle: () => Promise<Response> | Response,
): Promise<Response> {
  request.facts.inFlight = service.concurrency.next(appId, oid)
  const leave = service.concurrency.enter(appId, oid)
  try {
    await applyFaults()
    return leaveAfter(await handle(), leave)
  } catch (error) {
    leave()
    throw error
  }
}
