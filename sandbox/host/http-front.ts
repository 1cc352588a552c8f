import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

import type { RegisteredFunction } from './core-module.ts'
import { writeResponse } from './http-response.ts'
import { toHttpData, toStreamingMetadata } from './http-trigger.ts'
import { errorMessage, type Invoke, triggerBinding } from './invocation.ts'
import { type AuthLevel, isAllowed } from './keys.ts'
import type { Log } from './log.ts'
import { announcedLength, BodyTooLarge, readBody } from './request-body.ts'
import { type Route, RouteTable, removeDotSegments } from './routes.ts'
import type { WorkerProxy } from './worker-proxy.ts'

/**
 * Bodies up to this size are read before the function starts, to make `params` of a JSON body. The real host does so with every
 * announced length; here a large body must not lie in the memory of the app.
 */
const BINDING_DATA_LIMIT = 1_048_576

export interface HttpFrontOptions {
  functions: RegisteredFunction[]
  routePrefix: string
  hostKey?: string
  /** Bytes; FUNCTIONS_REQUEST_BODY_SIZE_LIMIT. */
  bodySizeLimit: number
  invoke: Invoke
  log: Log
  /** Present when the app has HTTP streaming on. */
  proxy?: WorkerProxy
}

interface HttpFunction {
  target: RegisteredFunction
  authLevel: AuthLevel
}

/** Serves the HTTP functions; refusals have an empty body, as the real host's have. */
export function createHttpFront(options: HttpFrontOptions): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  const routes = new RouteTable(options.routePrefix, options.functions.map(toRoute))
  return (incoming, outgoing) => {
    const [rawPath = '/', ...query] = (incoming.url ?? '/').split('?')
    const path = removeDotSegments(rawPath)
    const url = [path, ...query].join('?')
    const match = routes.match(incoming.method ?? 'GET', path)
    if (!match) {
      if (path === '/' && incoming.method === 'GET') outgoing.writeHead(200).end('The local Functions host is running.\n')
      else outgoing.writeHead(404).end()
      return
    }
    const { target, authLevel } = match.target
    if (!isAllowed(incoming, authLevel, options.hostKey)) outgoing.writeHead(401).end()
    else if ((announcedLength(incoming) ?? 0) > options.bodySizeLimit) outgoing.writeHead(413).end()
    else {
      const answer = options.proxy ? answerStreaming : answerBuffered
      answer(options, target, { incoming, url, params: match.params }, outgoing).catch((error) => fail(error, outgoing))
    }
  }
}

function toRoute(target: RegisteredFunction): Route<HttpFunction> {
  const binding = triggerBinding(target)
  const methods = (binding.methods as string[] | undefined) ?? ['GET', 'POST']
  return {
    template: (binding.route as string | undefined) || target.metadata.name,
    methods: new Set(methods.map((method) => method.toUpperCase())),
    target: { target, authLevel: ((binding.authLevel as string) ?? 'function').toLowerCase() as AuthLevel },
  }
}

type Request = Parameters<typeof toHttpData>[0]

async function answerBuffered(options: HttpFrontOptions, target: RegisteredFunction, request: Request, outgoing: ServerResponse) {
  // A body of unannounced length is lost on the way to the worker (seen on the real host).
  const body = announcedLength(request.incoming) ? await readBody(request.incoming, options.bodySizeLimit) : undefined
  try {
    const trigger = { data: { http: toHttpData({ ...request, body }) }, triggerMetadata: {} }
    writeResponse(await options.invoke(target, trigger), outgoing)
  } catch (error) {
    logFailure(options.log, target, error)
    throw error
  }
}

async function answerStreaming(
  options: HttpFrontOptions,
  target: RegisteredFunction,
  request: Request,
  outgoing: ServerResponse,
) {
  const { incoming, url } = request
  const length = announcedLength(incoming)
  const body = length && length <= BINDING_DATA_LIMIT ? await readBody(incoming, BINDING_DATA_LIMIT) : undefined
  const invocationId = randomUUID()
  const triggerMetadata = toStreamingMetadata({ ...request, body })
  options.proxy!.forward({ incoming, outgoing, url, invocationId, body, limit: options.bodySizeLimit })
  // The answer comes through the proxy. Nobody tells it of a failure: the client waits (seen on the real host).
  await options
    .invoke(target, { data: { http: {} }, triggerMetadata, invocationId })
    .catch((error) => logFailure(options.log, target, error))
}

function logFailure(log: Log, target: RegisteredFunction, error: unknown): void {
  log('error', `Function.${target.metadata.name}`, errorMessage(error))
}

function fail(error: unknown, outgoing: ServerResponse): void {
  if (outgoing.headersSent) outgoing.destroy()
  else outgoing.writeHead(error instanceof BodyTooLarge ? 413 : 500).end()
}
