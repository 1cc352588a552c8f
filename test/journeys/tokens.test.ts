import { ImapFlow } from 'imapflow'
import nodemailer from 'nodemailer'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { ADELE_OID } from '../../sandbox/people.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'

const ADELE = 'adele@contoso.test'
let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway({ hosts: 3 })
  await gateway.connect(ADELE)
  await gateway.connect('ben@contoso.test')
})
afterAll(() => gateway.close())
beforeEach(() => gateway.cloud.journal.clear())

const token = (body: object = {}, host = 0) => gateway.api('POST', `/api/accounts/${ADELE}/token`, { body, host })
const refreshes = (facts = {}) => gateway.cloud.journal.list('entra', { grantType: 'refresh_token', ...facts })

describe('taking a token', () => {
  it('hands out a Graph token that Graph accepts, from what is stored', async () => {
    const { status, body } = await token()
    expect(status).toBe(200)
    expect(body).toMatchObject({ resource: 'graph', tokenType: 'Bearer', scopes: expect.arrayContaining(['Mail.Send']) })
    expect(body).not.toHaveProperty('refreshToken')
    expect(Date.parse(body.expiresOn) - Date.now()).toBeGreaterThan(300_000)
    const me = await fetch(new URL('/v1.0/me', gateway.cloud.graph.url), {
      headers: { authorization: `Bearer ${body.accessToken}` },
    })
    expect(me.status).toBe(200)
    expect(refreshes()).toEqual([])
  })

  it('imapflow signs in with the IMAP token', async () => {
    const { body } = await token({ protocol: 'imap' })
    expect(body.xoauth2).toMatchObject({ username: ADELE, ...gateway.cloud.exchange.imap, security: 'tls' })
    const { username, host, port } = body.xoauth2
    const client = new ImapFlow({
      host,
      port,
      secure: true,
      auth: { user: username, accessToken: body.accessToken },
      logger: false,
    })
    await client.connect()
    expect(client.authenticated).toBeTruthy()
    await client.logout()
  })

  it('nodemailer signs in and submits with the SMTP token', async () => {
    const { body } = await token({ protocol: 'smtp' })
    const { username, host, port, security } = body.xoauth2
    expect(security).toBe('starttls')
    const auth = { type: 'OAuth2' as const, user: username, accessToken: body.accessToken }
    const transport = nodemailer.createTransport({ host, port, requireTLS: true, auth })
    const sent = await transport.sendMail({ from: ADELE, to: 'ben@contoso.test', subject: 'By SMTP', text: 'x' })
    expect(sent.accepted).toEqual(['ben@contoso.test'])
    transport.close()
  })

  it('gives the XOAUTH2 response byte for byte as Exchange documents it', async () => {
    const { body } = await token({ protocol: 'pop' })
    const bytes = Buffer.from(body.xoauth2.initialResponse, 'base64').toString('latin1')
    expect(bytes).toBe(`user=${ADELE}\u0001auth=Bearer ${body.accessToken}\u0001\u0001`)
  })

  it('bypasses what is stored once when the application brings a claims challenge', async () => {
    const before = (await token()).body.accessToken
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
    const { body } = await token({ claims })
    expect(body.accessToken).not.toBe(before)
    expect(refreshes({ resource: 'graph' })).toHaveLength(1)
    expect((await token()).body.accessToken).toBe(body.accessToken)
  })

  it.each([
    [{ resource: 'exchange' }, '/resource'],
    [{ protocol: 'imap', resource: 'graph' }, '/protocol'],
    [{ minValidity: 999_999 }, '/minValidity'],
    [{ minValidity: 'soon' }, '/minValidity'],
    [{ claims: 'not json' }, '/claims'],
    [{ refreshToken: true }, '/refreshToken'],
  ])('refuses %j and points at it', async (body, pointer) => {
    expect(await token(body)).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ pointer }] } })
  })
})

describe('keeping tokens alive', () => {
  it('50 parallel requests over three hosts, and the timer, on one expired account make one refresh', async () => {
    // Two minutes are less than anybody accepts: as good as expired, and due for the timer too.
    gateway.cloud.entra.setTokenLifetime({ seconds: 120 })
    await gateway.api('POST', `/api/accounts/${ADELE}/refresh`)
    // Past what hosts remember; should the timer come by meanwhile, its token is as short.
    await gateway.cloud.hosts.advance(30_000)
    await gateway.cloud.hosts.settle()
    gateway.cloud.entra.setTokenLifetime({ seconds: 3600 })
    gateway.cloud.journal.clear()

    const timers = gateway.hosts.map((host) => fetch(new URL('/timers/refreshTimer/run', host.control), { method: 'POST' }))
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => token({}, index % 3)))
    expect((await Promise.all(timers)).map(({ status }) => status).sort()).toEqual([200, 409, 409])
    await gateway.cloud.hosts.settle()
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ body }) => body.accessToken)).size).toBe(1)
    expect(refreshes({ oid: ADELE_OID })).toHaveLength(1)
  })

  it('an hour passes and the timer alone renews every account, with one request each', async () => {
    gateway.cloud.entra.setTokenLifetime({ seconds: 3600 })
    for (const person of [ADELE, 'ben@contoso.test']) await gateway.api('POST', `/api/accounts/${person}/refresh`)
    gateway.cloud.journal.clear()
    await gateway.cloud.hosts.advance(50 * 60_000)
    await gateway.cloud.hosts.settle()
    await gateway.cloud.hosts.advance(10 * 60_000)
    await gateway.cloud.hosts.settle()
    const asked = refreshes()
    expect(asked.map(({ facts }) => facts.oid).sort()).toEqual([
      '00000000-0000-4000-9000-000000000001',
      '00000000-0000-4000-9000-000000000002',
    ])
    const { body } = await gateway.api('GET', '/api/accounts')
    for (const { tokens } of body.items) expect(Date.parse(tokens.graph.expiresOn)).toBeGreaterThan(Date.now())
    expect((await token()).status).toBe(200)
    expect(refreshes()).toHaveLength(2)
  })

  it('keeps an idle account alive with one request in nine days, and asks for nothing in between', async () => {
    gateway.cloud.entra.setTokenLifetime({ seconds: 3600 })
    const { body } = await gateway.api('POST', `/api/accounts/ben@contoso.test/refresh`)
    await gateway.cloud.hosts.advance(26 * 3_600_000)
    await gateway.cloud.hosts.settle()
    gateway.cloud.journal.clear()
    for (let day = 1; day <= 4; day += 1) {
      await gateway.cloud.hosts.advance(24 * 3_600_000)
      await gateway.cloud.hosts.settle()
    }
    expect(refreshes()).toEqual([])
    for (let day = 5; day <= 9; day += 1) {
      await gateway.cloud.hosts.advance(24 * 3_600_000)
      await gateway.cloud.hosts.settle()
    }
    expect(refreshes({ oid: body.userId })).toHaveLength(1)
  })

  it('refreshes on demand', async () => {
    const before = (await gateway.api('GET', `/api/accounts/${ADELE}`)).body
    const { status, body } = await gateway.api('POST', `/api/accounts/${ADELE}/refresh`)
    expect(status).toBe(200)
    expect(Date.parse(body.tokens.graph.refreshedOn)).toBeGreaterThanOrEqual(Date.parse(before.tokens.graph.refreshedOn))
    expect(refreshes()).toHaveLength(1)
  })
})

describe('a deleted account', () => {
  it('is gone for every host within thirty seconds', async () => {
    const id = await gateway.connect('admin@contoso.test')
    for (const host of [0, 1, 2]) await gateway.api('POST', `/api/accounts/${id}/token`, { body: {}, host })
    expect((await gateway.api('DELETE', `/api/accounts/${id}`)).status).toBe(204)
    expect((await gateway.api('GET', `/api/accounts/${id}`)).status).toBe(404)
    await gateway.cloud.hosts.advance(30_000)
    for (const host of [0, 1, 2]) {
      expect((await gateway.api('POST', `/api/accounts/${id}/token`, { body: {}, host })).status).toBe(404)
    }
  })
})
