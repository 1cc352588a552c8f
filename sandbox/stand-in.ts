import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'

import type { Fault, Faults } from './faults.ts'
import type { Journal } from './journal.ts'

/** What every stand-in is started with. */
export interface StandInOptions {
  journal: Journal
  faults: Faults
  /** PEM certificate and key; without it the stand-in speaks plain HTTP. */
  tls?: { cert: string; key: string }
  /** 0 or absent: a free one. */
  port?: number
}

/** A request as a stand-in sees it. */
export interface StandInRequest {
  method: string
  url: URL
  headers: Headers
  /** Written to the journal with the request: what a test may want to count. Never a secret. */
  facts: Record<string, unknown>
  bytes(): Promise<Buffer>
  text(): Promise<string>
  json(): Promise<unknown>
  form(): Promise<URLSearchParams>
}

export interface StandIn {
  url: URL
  close(): Promise<void>
}

/** The answer an ordered fault gives instead of the handler's: its status, or a broken connection for `drop: 'before'`. */
export class FaultAnswer extends Error {
  readonly fault: Fault
  constructor(fault: Fault) {
    super('A fault was ordered for this request.')
    this.fault = fault
  }
}

/**
 * Serves one stand-in on loopback. The handler answers with a web `Response`; a thrown {@link Response} is an answer too.
 * Faults by method and path are applied before the handler; a handler that has added facts (who, which grant) calls
 * `applyFaults()` itself for faults that match on facts: it throws a fault's answer, and its promise ends when a delay is over.
 */
export async function serve(
  service: string,
  options: StandInOptions,
  handle: (request: StandInRequest, applyFaults: () => Promise<void> | undefined) => Promise<Response> | Response,
): Promise<StandIn> {
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    void answer(service, options, handle, incoming, outgoing)
  }
  const server = options.tls ? createHttpsServer(options.tls, listener) : createHttpServer(listener)
  server.keepAliveTimeout = 65_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: new URL(`${options.tls ? 'https' : 'http'}://localhost:${port}`),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  service: string,
  options: StandInOptions,
  handle: (request: StandInRequest, applyFaults: () => Promise<void> | undefined) => Promise<Response> | Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { journal, faults } = options
  const request = toRequest(incoming, options.tls ? 'https' : 'http')
  const { method, url, facts } = request
  const record = (status: number | 'dropped') =>
    journal.add({ on: new Date().toISOString(), service, method, path: url.pathname, status, facts })

  let after: Fault | undefined
  const applyFault = async (fault: Fault): Promise<Response | undefined> => {
    if (fault.delayMs) await wait(fault.delayMs)
    if (fault.drop === 'before') throw new FaultAnswer(fault)
    if (fault.drop === 'after' || fault.cutAfterBytes !== undefined || fault.holdMs) after = fault
    return fault.answer ? new Response(fault.answer.body ?? null, fault.answer) : undefined
  }

  let response: Response | undefined
  try {
    const early = faults.take(service, method, url.pathname, facts, { byFacts: false })
    response = early && (await applyFault(early))
    if (!response) {
      const applyFaults = () => {
        const fault = faults.take(service, method, url.pathname, facts, { byFacts: true })
        if (!fault) return
        if (fault.answer || fault.drop === 'before') throw new FaultAnswer(fault)
        return applyFault(fault).then(() => undefined)
      }
      response = await handle(request, applyFaults)
    }
  } catch (error) {
    if (error instanceof Response) response = error
    else if (error instanceof FaultAnswer) {
      if (error.fault.drop === 'before') {
        record('dropped')
        incoming.socket.destroy()
        return
      }
      response = (await applyFault(error.fault).catch(() => undefined)) ?? new Response(null, { status: 500 })
    } else {
      console.error(`${service}: ${method} ${url.pathname} failed`, error)
      response = new Response(JSON.stringify({ error: { code: 'StandInDefect', message: String(error) } }), { status: 500 })
    }
  }

  if (after?.drop === 'after') {
    record('dropped')
    // A handler that holds something while its body is read must learn that nobody reads it.
    await response.body?.cancel()
    incoming.socket.destroy()
    return
  }
  record(response.status)
  if (after?.holdMs) await wait(after.holdMs)
  await send(response, method, outgoing, after?.cutAfterBytes)
}

function toRequest(incoming: IncomingMessage, scheme: string): StandInRequest {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headersDistinct)) for (const one of value ?? []) headers.append(name, one)
  let read: Promise<Buffer> | undefined
  const bytes = () => {
    read ??= (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk)
      return Buffer.concat(chunks)
    })()
    return read
  }
  return {
    method: incoming.method ?? 'GET',
    url: new URL(incoming.url ?? '/', `${scheme}://${incoming.headers.host ?? 'localhost'}`),
    headers,
    facts: {},
    bytes,
    text: async () => (await bytes()).toString('utf8'),
    json: async () => JSON.parse((await bytes()).toString('utf8')),
    form: async () => new URLSearchParams((await bytes()).toString('utf8')),
  }
}

async function send(response: Response, method: string, outgoing: ServerResponse, cutAfterBytes?: number): Promise<void> {
  for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies)
  outgoing.statusCode = response.status
  if (!response.body || method === 'HEAD') {
    outgoing.end()
    return
  }
  let sent = 0
  try {
    for await (const chunk of Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])) {
      const part: Buffer = cutAfterBytes === undefined ? chunk : chunk.subarray(0, Math.max(0, cutAfterBytes - sent))
      sent += part.length
      if (outgoing.destroyed) return
      if (!outgoing.write(part)) await drained(outgoing)
      if (cutAfterBytes !== undefined && sent >= cutAfterBytes) {
        // Flushed first, so that the client has exactly these bytes when the connection breaks.
        await new Promise((resolve) => outgoing.write('', resolve))
        outgoing.destroy()
        return
      }
    }
    outgoing.end()
  } catch {
    outgoing.destroy()
  }
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done).off('close', done)
      resolve()
    }
    outgoing.on('drain', done).on('close', done)
  })
}

/** A JSON answer. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  })
}
