import { randomUUID } from 'node:crypto'

import type { StandInRequest } from '../stand-in.ts'
import { badRequest, GraphError, tooLarge } from './errors.ts'

/** Graph refuses a larger request body. @see {@link https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/682} */
export const REQUEST_LIMIT_BYTES = 4 * 1024 * 1024

/** A JSON answer in Graph's media type; without a body an empty one. */
export function reply(status: number, body?: unknown, headers: Record<string, string> = {}): Response {
  if (body === undefined) return new Response(null, { status, headers })
  const bytes = Buffer.from(JSON.stringify(body))
  return new Response(bytes, {
    status,
    headers: {
      'content-type': 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8',
      'content-length': String(bytes.length),
      ...headers,
    },
  })
}

/** The headers every answer of Graph carries, for its support to find the request. */
export function requestIds(request: StandInRequest): Record<string, string> {
  const requestId = randomUUID()
  return { 'request-id': requestId, 'client-request-id': request.headers.get('client-request-id') ?? requestId }
}

/** Graph's error body. @see {@link https://learn.microsoft.com/graph/errors} */
export function errorReply(error: GraphError, ids: Record<string, string>): Response {
  const innerError = { date: new Date().toISOString().slice(0, 19), ...ids }
  return reply(error.status, { error: { code: error.code, message: error.message, innerError } }, error.headers)
}

/** The request's body, refused above 4 MB. */
export async function readBody(request: StandInRequest): Promise<Buffer> {
  const bytes = await request.bytes()
  if (bytes.length > REQUEST_LIMIT_BYTES) {
    throw tooLarge('RequestEntityTooLarge', 'The maximum request length supported is 4MB.')
  }
  return bytes
}

/** A JSON object sent as JSON; anything else is Graph's 400. */
export async function readJson(request: StandInRequest): Promise<Record<string, unknown>> {
  const bytes = await readBody(request)
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) throw unreadable()
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    throw unreadable()
  }
  throw unreadable()
}

const unreadable = () => badRequest('Unable to read JSON request payload. Expected a JSON object with its Content-Type.')

/** True for MIME sent as Base64 in text/plain. */
export function isMime(request: StandInRequest): boolean {
  return /^text\/plain\b/i.test(request.headers.get('content-type') ?? '')
}

/** The MIME message in a text/plain body. */
export async function readMime(request: StandInRequest): Promise<Buffer> {
  const text = (await readBody(request)).toString('latin1').replaceAll(/\s/g, '')
  if (text.length === 0 || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    throw new GraphError(400, 'ErrorMimeContentInvalidBase64String', 'The MIME content is not a valid Base64 string.')
  }
  return Buffer.from(text, 'base64')
}

/** Where the service is, as the client addressed it: for context, nextLink and uploadUrl. */
export const serviceRoot = (request: StandInRequest) => `${request.url.origin}/v1.0`
