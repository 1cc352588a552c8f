import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { ReadableStream } from 'node:stream/web'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type HostRun, openHost, runHost } from './run-host.ts'

interface Seen {
  method: string
  url: string
  params: Record<string, string>
  query: [string, string][]
  headers: Record<string, string>
  body?: string
}

async function seen(host: HostRun, path: string, init: RequestInit = {}): Promise<Seen> {
  return (await fetch(host.url + path, init)).json() as Promise<Seen>
}

/** Sends this text as it is and answers what comes until the host closes. */
async function raw(host: HostRun, head: string): Promise<string> {
  const socket = connect(Number(new URL(host.url).port), '127.0.0.1')
  socket.write(`${head}\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  return text(socket)
}

/** A body in chunks, without Content-Length. */
function chunked(...parts: string[]): RequestInit {
  const body = ReadableStream.from(parts.map((part) => Buffer.from(part)))
  return { method: 'POST', body, duplex: 'half' } as unknown as RequestInit
}

function json(value: object): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

describe.each(['buffered', 'streaming'])('an app with HTTP %s', (app) => {
  let host: HostRun
  beforeAll(async () => {
    host = await openHost(app)
  })
  afterAll(() => host.kill())

  test('gets method, URL, query, headers, route parameters and body', async () => {
    const init = { method: 'POST', headers: { 'x-one': '1' }, body: 'hello' }
    expect(await seen(host, '/api/echo/a%20b/c?q=1&r=%C3%A9', init)).toMatchObject({
      method: 'POST',
      url: `${host.url}/api/echo/a%20b/c?q=1&r=%C3%A9`,
      params: { name: 'a b', part: 'c' },
      query: [
        ['q', '1'],
        ['r', 'é'],
      ],
      headers: { 'x-one': '1', host: new URL(host.url).host },
      body: 'hello',
    })
  })

  test('gets no route parameter that is absent', async () => {
    expect((await seen(host, '/api/echo/a')).params).toEqual({ name: 'a' })
    expect((await seen(host, '/api/files')).params).toEqual({})
  })

  test('is found by literal before parameter, in any case, and with a trailing slash', async () => {
    expect(await (await fetch(`${host.url}/API/echo/SPECIAL/`)).text()).toBe('literal')
  })

  test.each([
    ['GET', '/api/none'],
    ['GET', '/api//echo/a'],
    ['PUT', '/api/echo/a'],
    ['HEAD', '/api/echo/a'],
    ['OPTIONS', '/api/echo/a'],
  ])('answers 404 without a body to %s %s', async (method, path) => {
    const response = await fetch(host.url + path, { method })
    expect([response.status, await response.text()]).toEqual([404, ''])
  })

  test('answers HEAD where it is listed', async () => {
    expect((await fetch(`${host.url}/api/files/a`, { method: 'HEAD' })).status).toBe(200)
  })

  test('routes and sees a path without its dot segments', async () => {
    const answer = await raw(host, 'GET /api/echo/../files/%2e%2E/files/x HTTP/1.1')
    expect(answer).toContain('"params":{"path":"x"}')
    expect(answer).toContain('/api/files/x"')
  })

  test('sets each of several cookies', async () => {
    const response = await fetch(`${host.url}/api/cookies`, { redirect: 'manual' })
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe('https://app.contoso.test/')
    const [first, second, ...more] = response.headers.getSetCookie()
    expect(first).toMatch(/^first=a%20b;.*httponly/i)
    expect(first).toMatch(/samesite=lax/i)
    expect(second).toMatch(/^second=2;.*path=\/api/i)
    expect(more).toEqual([])
  })

  test('is spared a body above the limit: 413 without a body', async () => {
    const host = await runHost(app, { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '10' })
    const response = await fetch(`${host.url}/api/upload`, { method: 'POST', body: '12345678901' })
    expect([response.status, await response.text()]).toEqual([413, ''])
    expect(await (await fetch(`${host.url}/api/upload`, { method: 'POST', body: '1234567890' })).json()).toEqual({ bytes: 10 })
  })

  test('leaves GET / to the host', async () => {
    expect((await fetch(host.url)).status).toBe(200)
  })
})

describe('without HTTP streaming', () => {
  let host: HostRun
  beforeAll(async () => {
    host = await openHost('buffered')
  })
  afterAll(() => host.kill())

  test('nothing returned is 204 and a throw is 500, both without a body', async () => {
    const nothing = await fetch(`${host.url}/api/nothing`)
    expect([nothing.status, await nothing.text()]).toEqual([204, ''])
    const broken = await fetch(`${host.url}/api/throws`)
    expect([broken.status, await broken.text()]).toEqual([500, ''])
    await host.logged('error Function.throws the handler broke')
  })

  test('a body of unannounced length is lost', async () => {
    expect(await (await fetch(`${host.url}/api/upload`, chunked('one', 'two'))).json()).toEqual({ bytes: 0 })
  })

  test('query parameters of one name are joined and parameters are those of the route', async () => {
    const { query, params } = await seen(host, '/api/echo/a?part=x&part=y')
    expect(query).toEqual([['part', 'x,y']])
    expect(params).toEqual({ name: 'a' })
  })
})

describe('with HTTP streaming', () => {
  let host: HostRun
  beforeAll(async () => {
    host = await openHost('streaming')
  })
  afterAll(() => host.kill())

  test('a body of unannounced length arrives', async () => {
    expect(await (await fetch(`${host.url}/api/upload`, chunked('one', 'two'))).json()).toEqual({ bytes: 6 })
  })

  test('a body of unannounced length above the limit is refused', async () => {
    const host = await runHost('streaming', { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '5' })
    const body = chunked('one', 'two')
    expect((await fetch(`${host.url}/api/upload`, body)).status).toBe(413)
  })

  test('parameters also come from query and JSON body, and the route wins', async () => {
    const body = json({ part: 'from body', flag: true, count: 2, list: [1], none: null, object: {}, name: 'body' })
    const { params } = await seen(host, '/api/echo/route?q=1&q=2&name=query&code=hidden', body)
    expect(params).toEqual({ name: 'route', q: '2', part: 'from body', flag: 'True', count: '2' })
  })

  test('a query parameter of another case takes a route parameter away under its name', async () => {
    expect((await seen(host, '/api/echo/route?NAME=query')).params).toEqual({ NAME: 'route' })
  })

  test('a member or query parameter named Headers takes the place of the headers', async () => {
    const { headers } = await seen(host, '/api/echo/a', json({ Headers: { 'x-forged': 'yes' } }))
    expect(headers['x-forged']).toBe('yes')
    expect(headers).not.toHaveProperty('host')
    const byQuery = await seen(host, `/api/echo/a?headers=${encodeURIComponent('{"x-forged":"yes"}')}`)
    expect(byQuery.params).toEqual({ name: 'a', headers: '{"x-forged":"yes"}' })
  })

  test.each(['nothing', 'throws'])('a handler that answers %s leaves the client waiting after it has ended', async (name) => {
    const leave = new AbortController()
    let answered = false
    const waiting = fetch(`${host.url}/api/${name}`, { signal: leave.signal }).then(
      () => {
        answered = true
      },
      () => undefined,
    )
    if (name === 'throws') await host.logged('the handler broke')
    await fetch(`${host.url}/api/pulled`)
    await host.steer('/settle')
    expect(answered).toBe(false)
    leave.abort()
    await waiting
  })

  test('each answer names its invocation', async () => {
    expect((await fetch(`${host.url}/api/pulled`)).headers.get('x-ms-invocation-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('a body is delivered whole and in order', async () => {
    const bytes = Buffer.from(await (await fetch(`${host.url}/api/stream/20`)).arrayBuffer())
    expect(bytes.length).toBe(20 * 1_048_576)
    expect([0, 7, 19].map((index) => bytes[index * 1_048_576])).toEqual([0, 7, 19])
  })

  test.each(['does not read', 'has left'])('the app produces all of a body for a client that %s', async (client) => {
    const host = await runHost('streaming')
    const outgoing = request(`${host.url}/api/stream/40`).end()
    const [incoming] = await once(outgoing, 'response')
    if (client === 'has left') outgoing.destroy()
    await host.steer('/settle')
    expect(await host.get('/api/pulled')).toEqual({ pulled: 40 })
    incoming.destroy()
  })

  test('an upload is handed on while it is still being sent', async () => {
    const host = await runHost('streaming')
    const upload = request(`${host.url}/api/echo/a`, { method: 'POST', headers: { 'transfer-encoding': 'chunked' } })
    const answered = once(upload, 'response')
    upload.write('first ')
    expect(await host.get('/api/pulled')).toEqual({ pulled: 0 })
    upload.end('second')
    const [answer] = await answered
    expect(JSON.parse(await text(answer)).body).toBe('first second')
  })
})
