import { request } from 'node:http'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type Gateway, startGateway } from '../support/gateway.ts'

let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

/** Raw bytes in chunks without a Content-Length; answers status and body. */
function postChunks(path: string, chunks: Buffer[]): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(path, gateway.baseUrl),
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part) => parts.push(part))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString() }))
      },
    )
    outgoing.on('error', reject)
    for (const chunk of chunks) outgoing.write(chunk)
    outgoing.end()
  })
}

describe('bad input gets a problem that names it', () => {
  it.each([
    ['broken JSON', '{"permissions": [', [{ pointer: '', message: 'is not JSON in UTF-8' }]],
    ['a list', '[]', [{ pointer: '' }]],
    ['null', 'null', [{ pointer: '' }]],
    ['a number', '5', [{ pointer: '' }]],
    ['an unknown field', '{"premissions": []}', [{ pointer: '/premissions', message: 'is not known here' }]],
    ['wrong types', '{"confirm": "yes", "expiresIn": "3600"}', [{ pointer: '/confirm' }, { pointer: '/expiresIn' }]],
    ['__proto__', '{"__proto__": {"confirm": true}}', [{ pointer: '/__proto__' }]],
  ])('%s', async (_name, body, errors) => {
    const answer = await gateway.api('POST', '/api/connections', { body })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.body).toMatchObject({
      code: 'invalid_request',
      status: 400,
      action: 'caller',
      errors,
      correlationId: expect.any(String),
    })
  })

  it('5 MB of garbage, with and without a length', async () => {
    const garbage = Buffer.alloc(5_000_000, 0xfe)
    const withLength = await gateway.api('POST', '/api/connections', { body: garbage.toString('latin1') })
    expect(withLength).toMatchObject({ status: 413, body: { code: 'payload_too_large', limit: 262_144 } })
    const chunked = await postChunks('/api/connections', [garbage.subarray(0, 2_000_000), garbage.subarray(2_000_000)])
    expect(chunked.status).toBe(413)
    expect(JSON.parse(chunked.body)).toMatchObject({ code: 'payload_too_large', limit: 262_144 })
  })

  it('an account that does not exist, by id, address or nonsense', async () => {
    for (const reference of [
      'acc_00000000000000000000000000',
      'nobody@contoso.test',
      'x',
      '..%2f..',
      '%00',
      "a'b@c.test",
      '🙂@x.test',
    ]) {
      const { status, body } = await gateway.api('POST', `/api/accounts/${reference}/token`, { body: {} })
      expect(status, reference).toBe(404)
      expect(body).toMatchObject({ code: 'not_found' })
    }
  })

  it('a query it does not know, or twice', async () => {
    expect(await gateway.api('GET', '/api/accounts?top=5')).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '?top' }] },
    })
    expect(await gateway.api('GET', '/api/accounts?limit=5&limit=6')).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '?limit' }] },
    })
    expect(await gateway.api('GET', '/api/accounts?limit=101')).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '?limit' }] },
    })
    expect(await gateway.api('GET', '/api/accounts?cursor=abc')).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  })

  it('a connection that does not exist', async () => {
    expect((await gateway.api('GET', '/api/connections/con_00000000000000000000000000')).body.code).toBe('not_found')
    const page = await fetch(new URL('/api/connect/nonsense', gateway.baseUrl))
    expect(page.status).toBe(404)
    expect(page.headers.get('content-type')).toContain('text/html')
  })

  it('a required path parameter is never taken from query or body', async () => {
    const { status } = await gateway.api('POST', '/api/accounts/x/token?account=adele@contoso.test', { body: {} })
    expect(status).toBe(404)
  })
})

describe('health', () => {
  it('answers without asking anybody', async () => {
    gateway.cloud.journal.clear()
    expect(await gateway.api('GET', '/api/health')).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect(gateway.cloud.journal.list()).toEqual([])
  })
})
