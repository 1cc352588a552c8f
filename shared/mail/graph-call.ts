import { randomUUID } from 'node:crypto'

import { AppError } from '../errors.ts'
import { createGovernor } from './governor.ts'
import { readFailure } from './graph-answer.ts'
import { createGraphClient, type GraphClient } from './graph-client.ts'
import { toAppError, toUpstream, UnknownOutcome } from './graph-errors.ts'
import { ConnectionLost, type GraphMethod, isSafe } from './graph-exchange.ts'
import { withGovernor } from './graph-governed.ts'
import { createHttp, foreignUrl, isBelow } from './graph-http.ts'
import { withRetry } from './graph-retry.ts'
import { withToken } from './graph-token.ts'
import type { Mailbox, MailPermission } from './mailbox.ts'

export interface GraphOptions {
  /** E.g. `https://graph.microsoft.com`, without `/v1.0`. */
  endpoint: URL
  fetch: typeof fetch
  now(): number
  wait(ms: number): Promise<void>
  /** In [0, 1). */
  random(): number
}

/** One call; `path` follows the mailbox's own, `link` is an `@odata.nextLink` and replaces path and query. */
export interface GraphCall {
  method: GraphMethod
  path: string
  query?: Readonly<Record<string, string | number | undefined>>
  link?: string
  /** Preferences beside the immutable ids that every call asks for. */
  prefer?: string[]
  headers?: Record<string, string>
  body?: string
  /** The status that Graph documents for success; anything else is a failure. */
  success: number | readonly number[]
  /** The gateway permission behind the call, to name when Graph denies it. */
  permission?: MailPermission
  /** Hand the body on as it comes; it holds one of the mailbox's places until it ends. */
  stream?: boolean
  headersTimeoutMs?: number
  totalTimeoutMs?: number
}

export interface Graph {
  /** Answers with a documented success; throws {@link AppError}, or {@link UnknownOutcome} for a write that may have happened. */
  call(mailbox: Mailbox, call: GraphCall): Promise<Response>
  wait(ms: number): Promise<void>
}

const API_VERSION = 'v1.0'
const HEADERS_TIMEOUT_MS = 30_000
const TOTAL_TIMEOUT_MS = 100_000

/** The Functions front end gives up after 230 s; a body that lasts longer has no reader. */
const STREAM_TIMEOUT_MS = 230_000

/** Graph for one instance of the gateway: make it once, its governor counts the instance's requests. */
export function createGraph(options: GraphOptions): Graph {
  const { endpoint, now, wait } = options
  const baseUrl = `${endpoint.href.replace(/\/$/, '')}/`
  const base = new URL(`${API_VERSION}/`, baseUrl)
  const governed = withGovernor(createGovernor(options), now, createHttp(base, options.fetch))
  const client = createGraphClient({ baseUrl, version: API_VERSION }, withToken(withRetry(options, governed)))

  return {
    async call(mailbox, call) {
      const clientRequestId = randomUUID()
      const response = await send(client, base, mailbox, call, clientRequestId)
      if ([call.success].flat().includes(response.status)) return response
      const failure = { ...(await readFailure(response, now())), clientRequestId }
      const error = toAppError({ ...failure, ownMailbox: mailbox.path === '/me', permission: call.permission })
      throw mayHaveHappened(call, failure) ? new UnknownOutcome(error, toUpstream(failure)) : error
    },
    wait,
  }
}

async function send(client: GraphClient, base: URL, mailbox: Mailbox, call: GraphCall, id: string): Promise<Response> {
  const { method, body, stream = false, link, headersTimeoutMs = HEADERS_TIMEOUT_MS } = call
  const path = link === undefined ? `${mailbox.path}${call.path}${toQuery(call.query)}` : pathOf(base, link)
  const prefer = ['IdType="ImmutableId"', ...(call.prefer ?? [])].join(', ')
  const headers = { accept: 'application/json', ...call.headers, prefer, 'client-request-id': id }
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(), call.totalTimeoutMs ?? (stream ? STREAM_TIMEOUT_MS : TOTAL_TIMEOUT_MS))
  try {
    return await client(path, { method, headers, body, mailbox, stream, headersTimeoutMs, signal: timeout.signal })
  } catch (failure) {
    throw failure instanceof ConnectionLost ? explain(failure, method, id) : failure
  } finally {
    // A streamed body goes on under the same time-out.
    if (stream) timer.unref()
    else clearTimeout(timer)
  }
}

function explain(failure: ConnectionLost, method: string, clientRequestId: string): AppError {
  const upstream = toUpstream({ clientRequestId })
  if (failure.sent && !isSafe(method)) return new UnknownOutcome(failure, upstream)
  return new AppError('upstream_unavailable', 'Microsoft Graph could not be reached.', { cause: failure, upstream })
}

/** A gateway's 504, or its 502 without a word from Graph itself, says nothing about what Graph did. */
function mayHaveHappened({ method }: GraphCall, { status, code }: { status: number; code?: string }): boolean {
  return !isSafe(method) && (status === 504 || (status === 502 && code === undefined))
}

function toQuery(query: GraphCall['query'] = {}): string {
  const parts = Object.entries(query).filter(([, value]) => value !== undefined)
  // Not URLSearchParams: it writes a space as "+", which OData does not have to understand.
  const text = parts.map(([name, value]) => `${name}=${encodeURIComponent(value as string | number)}`).join('&')
  return text && `?${text}`
}

function pathOf(base: URL, link: string): string {
  if (!isBelow(base, link)) throw foreignUrl()
  return `/${link.slice(base.href.length)}`
}
