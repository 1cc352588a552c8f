import { randomUUID } from 'node:crypto'
import { Agent, request as forward, type IncomingMessage } from 'node:http'
import { finished } from 'node:stream'

import type { TypedData } from './core-types.ts'
import { fail } from './http-front.ts'
import { bindingName, type HttpCall, headersOf, readAll, TooLarge } from './http-request.ts'

/** A call that has not been answered by then is given up, as the load balancer does. */
const LIMIT_MS = 240_000
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 256 })
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'x-forwarded-host',
  'x-forwarded-proto',
])

/**
 * HTTP streaming: the function is invoked with metadata only, and the request itself is passed on to the server that the
 * `@azure/functions` package opened. The library's answer has no back-pressure, and a handler that throws leaves the client waiting.
 */
export async function answerStreamed(call: HttpCall, httpUri: URL): Promise<void> {
  const { request, response, target, invoker } = call
  const invocationId = randomUUID()
  let body: Buffer | undefined
  try {
    body = isJson(request) ? await readAll(request, call.maxBodyBytes) : undefined
  } catch (error) {
    return fail(response, error instanceof TooLarge ? 413 : 400)
  }
  const triggerMetadata = metadataOf(call, body)
  // The client learns nothing of a function that fails: in streaming mode it goes on waiting.
  invoker
    .invoke(target, { invocationId, inputData: [{ name: bindingName(target), data: { http: {} } }], triggerMetadata })
    .catch(() => {})

  const headers = Object.fromEntries(Object.entries(headersOf(request)).filter(([name]) => !NOT_FORWARDED.has(name)))
  const onward = forward({
    agent,
    host: '127.0.0.1',
    port: httpUri.port,
    method: request.method,
    path: request.url,
    headers: {
      ...headers,
      ...(body && { 'content-length': String(body.length) }),
      'x-ms-invocation-id': invocationId,
      'x-forwarded-host': request.headers.host ?? 'localhost',
      'x-forwarded-proto': 'http',
    },
  })
  const limit = setTimeout(() => {
    fail(response, 504)
    onward.destroy()
  }, LIMIT_MS)
  limit.unref()
  onward.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.rawHeaders)
    answer.pipe(response)
    answer.once('error', () => response.destroy())
  })
  onward.once('error', () => fail(response, 502))
  finished(response, () => {
    clearTimeout(limit)
    if (!response.writableFinished) onward.destroy()
  })
  if (body) onward.end(body)
  else passOn(request, onward, call.maxBodyBytes, () => fail(response, 413))
}

function passOn(
  request: IncomingMessage,
  onward: NodeJS.WritableStream & { destroy(): void },
  maxBytes: number,
  tooLarge: () => void,
): void {
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= maxBytes) return
    tooLarge()
    onward.destroy()
  })
  request.pipe(onward)
}

function isJson(request: IncomingMessage): boolean {
  return /^application\/(json|[\w.+-]+\+json)\b/i.test(request.headers['content-type'] ?? '')
}

/**
 * `Headers` becomes the headers of the handler's request, and every other text member one of its `params`: route parameters, but also
 * query parameters and the members of a JSON body. A route parameter wins.
 */
function metadataOf({ params, request }: HttpCall, body: Buffer | undefined): Record<string, TypedData> {
  const query = Object.fromEntries(new URLSearchParams((request.url ?? '').split('?', 2)[1] ?? ''))
  const texts = { ...membersOf(body), ...query, ...params }
  return {
    ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { string: text }])),
    Headers: { json: JSON.stringify(headersOf(request)) },
    Query: { json: JSON.stringify(query) },
  }
}

function membersOf(body: Buffer | undefined): Record<string, string> {
  if (!body) return {}
  try {
    const value: unknown = JSON.parse(body.toString())
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, member]) => (typeof member === 'object' ? [] : [[name, String(member)]])),
    )
  } catch {
    return {}
  }
}
