import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createGraph, type Graph } from '../../../shared/mail/graph-call.ts'
import type { Mailbox } from '../../../shared/mail/mailbox.ts'

/** A request as it arrived. */
export interface Received {
  method: string
  url: URL
  headers: IncomingMessage['headers']
  body: string
}

/** One answer of the script: a status with headers and body, a connection broken after the request, or whatever the function does. */
export type Answer =
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | 'reset'
  | ((response: ServerResponse, request: Received) => void)

export interface ScriptedGraph {
  graph: Graph
  mailbox: Mailbox
  url: URL
  received: Received[]
  /** Milliseconds that were waited; no wait takes time, the clock moves instead. */
  waited(): number
  /** The claims with which tokens were asked for. */
  claims: (string | undefined)[]
  close(): Promise<void>
}

export const NOW = Date.parse('2026-11-20T12:00:00Z')

/** A mailbox with every permission whose tokens are `token-1`, `token-2`, … */
export function testMailbox(more: Partial<Mailbox> = {}, claims: (string | undefined)[] = []): Mailbox {
  return {
    accountId: 'acc_test',
    key: 'global|client|mailbox',
    path: '/me',
    permissions: new Set(['send', 'read', 'organize', 'shared']),
    accessToken: async (asked) => `token-${claims.push(asked)}`,
    ...more,
  }
}

/** A server on loopback that answers by the script, the last answer again and again, and our Graph in front of it. */
export async function startScriptedGraph(...script: Answer[]): Promise<ScriptedGraph> {
  const received: Received[] = []
  const server = createServer((request, response) => void serve(request, response))
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
    const seen = { method: request.method ?? '', url, headers: request.headers, body: Buffer.concat(chunks).toString() }
    received.push(seen)
    const answer = script[Math.min(received.length, script.length) - 1]
    if (typeof answer === 'function') answer(response, seen)
    else if (answer === undefined || answer === 'reset') request.socket.destroy()
    else {
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
      response.end(answer.body === undefined ? '' : JSON.stringify(answer.body))
    }
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const claims: (string | undefined)[] = []
  const clock = quickClock()
  return {
    graph: createGraph({ endpoint: url, fetch, ...clock, random: () => 0.5 }),
    mailbox: testMailbox({}, claims),
    url,
    received,
    waited: () => clock.now() - NOW,
    claims,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A clock that jumps to the next wait's end as soon as nothing else is to do. */
export function quickClock() {
  const waits: { until: number; end(): void }[] = []
  let time = NOW
  const jump = () => {
    const next = waits.toSorted((a, b) => a.until - b.until)[0]
    if (!next) return
    waits.splice(waits.indexOf(next), 1)
    time = Math.max(time, next.until)
    next.end()
  }
  return {
    now: () => time,
    wait: (ms: number) =>
      new Promise<void>((end) => {
        waits.push({ until: time + ms, end })
        setImmediate(jump)
      }),
  }
}

/** Graph's error body. */
export const graphError = (code: string, message = 'A text that must not be shown.') => ({ error: { code, message } })
