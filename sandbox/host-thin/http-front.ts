import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

import type { RegisteredFunction } from './core-module.ts'
import { answerBuffered } from './http-buffered.ts'
import { answerStreamed } from './http-streamed.ts'
import type { Invoker } from './invocation.ts'
import { removeDotSegments, type Route, RouteTable } from './routes.ts'

export interface HttpFrontOptions {
  functions: Iterable<RegisteredFunction>
  routePrefix: string
  invoker: Invoker
  httpUri?: URL
  key?: string
  maxBodyBytes: number
  admin(request: IncomingMessage, response: ServerResponse, path: string): boolean
}

const DEFAULT_METHODS = ['GET', 'POST']

export function createHttpFront(options: HttpFrontOptions): Server {
  const table = new RouteTable(options.routePrefix, [...options.functions].flatMap(toRoute))
  const server = createServer((request, response) => {
    front(options, table, request, response).catch(() => fail(response, 500))
  })
  server.keepAliveTimeout = 65_000
  return server
}

function toRoute(target: RegisteredFunction): Route<RegisteredFunction>[] {
  const trigger = triggerOf(target)
  if (trigger?.type !== 'httpTrigger') return []
  const methods = (trigger.methods as string[] | undefined) ?? DEFAULT_METHODS
  const template = (trigger.route as string | undefined) ?? target.metadata.name
  return [{ template, methods: new Set(methods.map((method) => method.toUpperCase())), target }]
}

export function triggerOf({ metadata }: RegisteredFunction) {
  return Object.values(metadata.bindings).find(({ type }) => type.endsWith('Trigger'))
}

async function front(options: HttpFrontOptions, table: RouteTable<RegisteredFunction>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
  if (options.admin(request, response, path)) return
  if (path === '/') {
    response.end('The Functions host of the sandbox is up and running.')
    return
  }
  const match = table.match(request.method ?? 'GET', removeDotSegments(path))
  if (!match) return fail(response, 404)
  const { target, params } = match
  if (triggerOf(target)?.authLevel !== 'anonymous' && !hasKey(options, request, query)) return fail(response, 401)
  if (Number(request.headers['content-length']) > options.maxBodyBytes) return fail(response, 413)
  const call = { target, params, request, response, invoker: options.invoker, maxBodyBytes: options.maxBodyBytes }
  await (options.httpUri ? answerStreamed(call, options.httpUri) : answerBuffered(call))
}

export function hasKey({ key }: Pick<HttpFrontOptions, 'key'>, request: IncomingMessage, query: string): boolean {
  return key === undefined || request.headers['x-functions-key'] === key || new URLSearchParams(query).get('code') === key
}

export function fail(response: ServerResponse, status: number): void {
  if (response.headersSent) response.destroy()
  else response.writeHead(status, { 'content-length': '0' }).end()
}
