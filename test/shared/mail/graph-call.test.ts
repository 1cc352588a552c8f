import { afterEach, describe, expect, it } from 'vitest'

import { AppError } from '../../../shared/errors.ts'
import type { GraphCall } from '../../../shared/mail/graph-call.ts'
import { UnknownOutcome } from '../../../shared/mail/graph-errors.ts'
import { type Answer, graphError, NOW, type ScriptedGraph, startScriptedGraph } from './scripted-graph.ts'

const READ: GraphCall = { method: 'GET', path: '/messages', success: 200, permission: 'read' }
const WRITE: GraphCall = { method: 'POST', path: '/sendMail', body: '{"message":{}}', success: 202, permission: 'send' }

const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}'
const challenge: Answer = {
  status: 401,
  headers: {
    'www-authenticate': `Bearer realm="", authorization_uri="https://login.example/authorize", error="insufficient_claims", claims="${Buffer.from(CLAIMS).toString('base64')}"`,
  },
  body: graphError('InvalidAuthenticationToken'),
}

let scripted: ScriptedGraph
afterEach(() => scripted.close())

async function run(call: GraphCall, ...script: Answer[]): Promise<Response | AppError> {
  scripted = await startScriptedGraph(...script)
  return scripted.graph.call(scripted.mailbox, call).catch((error: unknown) => {
    if (error instanceof AppError) return error
    throw error
  })
}

async function problem(call: GraphCall, ...script: Answer[]): Promise<AppError> {
  const outcome = await run(call, ...script)
  if (!(outcome instanceof AppError)) throw new Error(`Expected a problem, got ${outcome.status}.`)
  return outcome
}

describe('a request', () => {
  it('carries the bearer token, an id of its own and the wish for immutable ids', async () => {
    await run({ ...READ, prefer: ['outlook.body-content-type="text"'] }, { status: 200, body: {} })
    const headers = scripted.received[0]?.headers ?? {}
    expect(headers.authorization).toBe('Bearer token-1')
    expect(headers['client-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers.prefer).toBe('IdType="ImmutableId", outlook.body-content-type="text"')
  })

  it('keeps every character of its query and body', async () => {
    const query = { $filter: "subject eq 'a+b & c=d/é'", $top: 5, $orderby: undefined }
    await run({ ...READ, query }, { status: 200, body: {} })
    expect(Object.fromEntries(scripted.received[0]?.url.searchParams ?? [])).toEqual({
      $filter: "subject eq 'a+b & c=d/é'",
      $top: '5',
    })
    await scripted.close()
    await run({ ...WRITE, body: '{"text":"Grüße 👋"}' }, { status: 202 })
    expect(scripted.received[0]?.body).toBe('{"text":"Grüße 👋"}')
    expect(scripted.received[0]?.headers['content-type']).toBe('application/json')
  })
})

describe('a read', () => {
  it('is repeated after 503', async () => {
    const answer = await run(READ, { status: 503 }, { status: 200, body: { value: [] } })
    expect(answer).toBeInstanceOf(Response)
    expect(scripted.received).toHaveLength(2)
    expect(scripted.waited()).toBe(300)
  })

  it('is repeated after a broken connection and after a body that broke off', async () => {
    const cut: Answer = (response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"value":[', () => response.destroy())
    }
    const answer = await run(READ, 'reset', cut, { status: 200, body: { value: [1] } })
    expect(await (answer as Response).json()).toEqual({ value: [1] })
    expect(scripted.received).toHaveLength(3)
  })

  it('waits as long as Retry-After says, in seconds or as a date', async () => {
    const date = new Date(NOW + 9_000).toUTCString()
    const later = [
      { status: 429, headers: { 'retry-after': '4' } },
      { status: 503, headers: { 'retry-after': date } },
    ]
    await run(READ, ...later, { status: 200, body: {} })
    expect(scripted.received).toHaveLength(3)
    expect(scripted.waited()).toBe(9_000)
  })

  it('is given up after three attempts', async () => {
    const error = await problem(READ, { status: 504 })
    expect(error).toMatchObject({ code: 'upstream_unavailable', details: { retryAfter: 10 } })
    expect(error).not.toBeInstanceOf(UnknownOutcome)
    expect(scripted.received).toHaveLength(3)
  })

  it('answers throttled at once when Retry-After is longer than a caller should wait', async () => {
    const error = await problem(READ, { status: 429, headers: { 'retry-after': '31' }, body: graphError('ApplicationThrottled') })
    expect(error).toMatchObject({ code: 'throttled', details: { retryAfter: 31, extra: { scope: 'mailbox' } } })
    expect(scripted.received).toHaveLength(1)
  })

  it.each([400, 404, 500, 502])('is not repeated after %i', async (status) => {
    await problem(READ, { status })
    expect(scripted.received).toHaveLength(1)
  })

  it('ends when no headers arrive in time', async () => {
    const error = await problem({ ...READ, headersTimeoutMs: 50 }, () => undefined)
    expect(error.code).toBe('upstream_unavailable')
    expect(scripted.received).toHaveLength(3)
  })

  it('ends when its body takes too long', async () => {
    const slow: Answer = (response) => {
      response.writeHead(200)
      response.write('{')
    }
    const error = await problem({ ...READ, totalTimeoutMs: 100 }, slow)
    expect(error.code).toBe('upstream_unavailable')
    expect(scripted.received).toHaveLength(1)
  })
})

describe('a write', () => {
  it('succeeds with exactly the documented status', async () => {
    expect(await run(WRITE, { status: 202 })).toBeInstanceOf(Response)
    await scripted.close()
    expect(await problem(WRITE, { status: 200 })).toMatchObject({ code: 'upstream_failed' })
  })

  it.each([
    [429, 'throttled'],
    [503, 'upstream_unavailable'],
  ])('is not repeated after %i', async (status, code) => {
    const error = await problem(WRITE, { status, headers: { 'retry-after': '7' } }, { status: 202 })
    expect(error).toMatchObject({ code, details: { retryAfter: 7 } })
    expect(error).not.toBeInstanceOf(UnknownOutcome)
    expect(scripted.received).toHaveLength(1)
  })

  it.each<[string, Answer]>([
    ['the connection broke', 'reset'],
    ['a gateway gave up', { status: 504 }],
    ['a gateway lost its backend', { status: 502, body: '<html>' }],
    [
      'the accepted answer broke off',
      (response) => response.writeHead(202, { 'content-length': '9' }).write('{', () => response.destroy()),
    ],
  ])('has an unknown outcome when %s, and is not repeated', async (_title, answer) => {
    const error = await problem(WRITE, answer, { status: 202 })
    expect(error).toBeInstanceOf(UnknownOutcome)
    expect(scripted.received).toHaveLength(1)
  })

  it('has an unknown outcome when no answer came in time', async () => {
    expect(await problem({ ...WRITE, headersTimeoutMs: 50 }, () => undefined)).toBeInstanceOf(UnknownOutcome)
    expect(scripted.received).toHaveLength(1)
  })

  it('surely did not happen when nobody listens', async () => {
    scripted = await startScriptedGraph({ status: 202 })
    await scripted.close()
    const error = await scripted.graph.call(scripted.mailbox, WRITE).catch((refused: AppError) => refused)
    expect(error).toMatchObject({ code: 'upstream_unavailable' })
    expect(error).not.toBeInstanceOf(UnknownOutcome)
  })

  it('refused by Graph stays refused when the body of the refusal broke off', async () => {
    const cut: Answer = (response) => {
      response.writeHead(403, { 'content-length': '50' })
      response.write('{', () => response.destroy())
    }
    expect(await problem(WRITE, cut)).toMatchObject({ code: 'permission_missing' })
  })
})

describe('a claims challenge', () => {
  it('is answered once with a token that has the claims, for a write too', async () => {
    expect(await run(WRITE, challenge, { status: 202 })).toBeInstanceOf(Response)
    expect(scripted.claims).toEqual([undefined, CLAIMS])
    expect(scripted.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  it('that comes again ends in reconnect_required', async () => {
    expect(await problem(READ, challenge)).toMatchObject({ code: 'reconnect_required', action: 'user' })
    expect(scripted.received).toHaveLength(2)
  })

  it('is not seen in a 401 without claims', async () => {
    expect(await problem(READ, { status: 401 })).toMatchObject({ code: 'reconnect_required' })
    expect(scripted.received).toHaveLength(1)
  })
})

it('fifty callers have at most four requests in flight for one mailbox', async () => {
  let inFlight = 0
  let most = 0
  const slow: Answer = (response) => {
    inFlight += 1
    most = Math.max(most, inFlight)
    setTimeout(() => {
      inFlight -= 1
      response.end('{}')
    }, 5)
  }
  scripted = await startScriptedGraph(slow)
  await Promise.all(Array.from({ length: 50 }, () => scripted.graph.call(scripted.mailbox, READ)))
  expect(scripted.received).toHaveLength(50)
  expect(most).toBe(4)
})

it('a streamed answer holds its place until its body ended', async () => {
  const started = Promise.withResolvers<void>()
  const chunky: Answer = (response, { url }) => {
    response.writeHead(200, { 'content-length': '6' })
    response.write('abc')
    if (url.searchParams.get('n') === '3') started.resolve()
    setTimeout(() => response.end('def'), 20)
  }
  scripted = await startScriptedGraph(chunky)
  const open = (n: number) => scripted.graph.call(scripted.mailbox, { ...READ, query: { n }, stream: true })
  const streams = await Promise.all([0, 1, 2, 3].map(open))
  await started.promise
  let fifth = false
  const late = open(4).then(async (response) => {
    fifth = true
    return response.text()
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(fifth).toBe(false)
  expect(await streams[0]?.text()).toBe('abcdef')
  expect(await late).toBe('abcdef')
  await Promise.all(streams.slice(1).map((stream) => stream.body?.cancel()))
})
