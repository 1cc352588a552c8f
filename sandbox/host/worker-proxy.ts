import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'

import { announcedLength, isChunked } from './request-body.ts'

const HOP_BY_HOP = new Set(['connection', 'expect', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'upgrade'])
const FRAMING = new Set(['connection', 'keep-alive', 'transfer-encoding'])
/** The configured limit of the real host: so long without a byte, then 504. */
const ACTIVITY_TIMEOUT_MS = 240_000

export interface ProxiedRequest {
  incoming: IncomingMessage
  outgoing: ServerResponse
  /** Path and query. */
  url: string
  invocationId: string
  /** The whole body when the host has read it already. */
  body?: Buffer
  /** Bytes of a chunked body that are accepted; more is answered 413. */
  limit: number
}

/** Hands requests on to the app's own HTTP server (HTTP streaming), over connections that are kept. */
export class WorkerProxy {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  readonly #port: number

  constructor(httpUri: URL) {
    this.#port = Number(httpUri.port)
  }

  /** Pipes request and answer. The answer is never held back or collected here; the app's side does that by itself. */
  forward(proxied: ProxiedRequest): void {
    const { incoming, outgoing } = proxied
    const toWorker = request({
      agent: this.#agent,
      host: '127.0.0.1',
      port: this.#port,
      method: incoming.method,
      path: proxied.url,
      headers: headersFor(proxied),
      timeout: ACTIVITY_TIMEOUT_MS,
    })
    const fail = (status: number) => {
      toWorker.destroy()
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(status).end()
    }
    toWorker.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, withoutFraming(answer.rawHeaders))
      answer.on('error', () => outgoing.destroy())
      answer.pipe(outgoing)
    })
    toWorker.on('timeout', () => fail(504))
    toWorker.on('error', () => fail(502))
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) toWorker.destroy()
    })
    sendBody(proxied, toWorker, () => fail(413))
  }

  close(): void {
    this.#agent.destroy()
  }
}

function sendBody({ incoming, body, limit }: ProxiedRequest, toWorker: ReturnType<typeof request>, tooLarge: () => void): void {
  if (body) toWorker.end(body)
  else if (isChunked(incoming)) {
    let length = 0
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= limit) return
      incoming.unpipe(toWorker)
      incoming.removeAllListeners('data')
      tooLarge()
    })
    incoming.pipe(toWorker)
  } else if (announcedLength(incoming)) incoming.pipe(toWorker)
  else toWorker.end()
}

function headersFor({ incoming, invocationId }: ProxiedRequest): Record<string, string | string[] | undefined> {
  const headers: Record<string, string | string[] | undefined> = {}
  for (const [name, value] of Object.entries(incoming.headers)) if (!HOP_BY_HOP.has(name)) headers[name] = value
  headers['x-ms-invocation-id'] = invocationId
  headers['x-forwarded-host'] = incoming.headers.host ?? 'localhost'
  headers['x-forwarded-proto'] = 'http'
  return headers
}

function withoutFraming(rawHeaders: string[]): string[] {
  const kept: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name, value] = rawHeaders.slice(index, index + 2) as [string, string]
    if (!FRAMING.has(name.toLowerCase())) kept.push(name, value)
  }
  return kept
}
