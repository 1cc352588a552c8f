import { TableClient } from '@azure/data-tables'
import { QueueClient } from '@azure/storage-queue'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { ADELE_OID } from '../../sandbox/people.ts'
import { eventually } from '../support/eventually.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'

const ADELE = 'adele@contoso.test'
const BEN = 'ben@contoso.test'
const BEN_OID = '00000000-0000-4000-9000-000000000002'
let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway({ hosts: 2 })
  await gateway.connect(ADELE)
  await gateway.connect(BEN)
})
afterAll(() => gateway.close())
beforeEach(() => gateway.cloud.journal.clear())
afterEach(() => gateway.cloud.faults.clear())

const token = (person: string, host = 0) => gateway.api('POST', `/api/accounts/${person}/token`, { body: {}, host })
const account = async (person: string) => (await gateway.api('GET', `/api/accounts/${person}`)).body
const refreshes = (oid: string) => gateway.cloud.journal.list('entra', { grantType: 'refresh_token', oid })

/** Two minutes are less than a hand-out accepts: the next one refreshes. */
async function expire(person: string): Promise<void> {
  gateway.cloud.entra.setTokenLifetime({ seconds: 120 })
  await gateway.api('POST', `/api/accounts/${person}/refresh`)
  // Past what hosts remember; should the timer come by meanwhile, its token is as short.
  await gateway.cloud.hosts.advance(30_000)
  await gateway.cloud.hosts.settle()
  gateway.cloud.entra.setTokenLifetime({})
  gateway.cloud.journal.clear()
}

async function events(): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  const table = TableClient.fromConnectionString(gateway.cloud.azurite.connectionString, 'events', {
    allowInsecureConnection: true,
  })
  for await (const row of table.listEntities()) rows.push(row)
  return rows
}

describe('a host that dies', () => {
  it('R2: SIGKILL between Entra’s answer and the commit — the next run works and nothing is lost', async () => {
    await expire(ADELE)
    const before = await account(ADELE)
    const dying = await gateway.startHost()
    gateway.cloud.faults.add({ service: 'entra', match: { facts: { grantType: 'refresh_token' } }, holdMs: 10_000, times: 1 })
    const lost = gateway
      .api('POST', `/api/accounts/${ADELE}/token`, { body: {}, host: gateway.hosts.indexOf(dying) })
      .catch(() => 'lost')
    await eventually('Entra has issued the new tokens', () => refreshes(ADELE_OID).length === 1)
    await dying.kill()
    gateway.hosts.splice(gateway.hosts.indexOf(dying), 1)
    expect(await lost).toBe('lost')
    expect((await account(ADELE)).tokens.graph).toEqual(before.tokens.graph)

    await gateway.cloud.hosts.advance(61_000)
    await gateway.cloud.hosts.settle()
    expect((await token(ADELE)).status).toBe(200)
    expect(refreshes(ADELE_OID).map(({ status }) => status)).toEqual([200, 200])
    expect(await account(ADELE)).toMatchObject({ status: 'connected', id: before.id })
  })
})

describe('Entra', () => {
  it('R3: answering 503 changes no account, and everything recovers by itself', async () => {
    await expire(ADELE)
    gateway.cloud.faults.add({
      service: 'entra',
      match: { path: 'token$' },
      answer: { status: 503, headers: { 'retry-after': '20' } },
    })
    const refused = await token(ADELE)
    expect(refused).toMatchObject({ status: 503, body: { code: 'upstream_unavailable', action: 'nobody' } })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    const asked = refreshes(ADELE_OID).length + gateway.cloud.journal.list('entra').length
    await token(ADELE)
    expect(refreshes(ADELE_OID).length + gateway.cloud.journal.list('entra').length).toBe(asked)
    expect(await account(ADELE)).toMatchObject({ status: 'connected' })
    gateway.cloud.faults.clear()
    await gateway.cloud.hosts.advance(11 * 60_000)
    await gateway.cloud.hosts.settle()
    expect((await token(ADELE)).status).toBe(200)
  })

  it.each([
    ['HTML with 502', { status: 502, body: '<html>Bad gateway</html>', headers: { 'content-type': 'text/html' } }],
    ['{} with 400', { status: 400, body: '{}', headers: { 'content-type': 'application/json' } }],
    ['{} with 200', { status: 200, body: '{}', headers: { 'content-type': 'application/json' } }],
    ['nothing with 200', { status: 200, body: '' }],
  ])('R3: answering %s changes no account', async (_name, answer) => {
    await expire(BEN)
    gateway.cloud.faults.add({ service: 'entra', match: { path: 'token$' }, answer, times: 1 })
    const { status, body } = await token(BEN)
    expect(status).toBeGreaterThanOrEqual(502)
    expect(['upstream_failed', 'upstream_unavailable']).toContain(body.code)
    expect(await account(BEN)).toMatchObject({ status: 'connected' })
    await gateway.cloud.hosts.advance(11 * 60_000)
    await gateway.cloud.hosts.settle()
    expect((await token(BEN)).status).toBe(200)
  })

  it('revoking one account asks its person to sign in again, with the link, and leaves its neighbour alone', async () => {
    gateway.cloud.entra.revokeRefreshTokens(BEN_OID)
    // The timer finds out by itself: nobody has asked for a token.
    await gateway.cloud.hosts.advance(100 * 60_000)
    await gateway.cloud.hosts.settle()
    const broken = await account(BEN)
    expect(broken).toMatchObject({ status: 'reconnect_required', problem: { action: 'user', upstream: { code: 'AADSTS50173' } } })
    expect(broken.problem.nextStep.url).toMatch(/\/api\/connect\/lnk_/)
    expect(await account(ADELE)).toMatchObject({ status: 'connected' })
    expect((await token(ADELE)).status).toBe(200)
    expect((await events()).filter((event) => event.account === broken.id)).toMatchObject([
      { from: 'connected', to: 'reconnect_required', code: 'AADSTS50173', action: 'user' },
    ])

    const refused = await token(BEN)
    expect(refused).toMatchObject({ status: 409, body: { code: 'reconnect_required', action: 'user' } })
    expect(refused.body.nextStep.url).toMatch(/\/api\/connect\/lnk_/)
    const asked = refreshes(BEN_OID).length
    await gateway.cloud.hosts.advance(3 * 24 * 3_600_000)
    await gateway.cloud.hosts.settle()
    expect(refreshes(BEN_OID)).toHaveLength(asked)

    expect((await fetch(refused.body.nextStep.url, { method: 'HEAD', redirect: 'manual' })).status).toBe(204)
    expect((await gateway.open(refused.body.nextStep.url, BEN)).status).toBe(200)
    expect(await account(BEN)).toMatchObject({ id: broken.id, status: 'connected' })
    expect((await token(BEN)).status).toBe(200)
    expect((await gateway.api('GET', '/api/accounts?status=reconnect_required')).body.items).toEqual([])
  })

  it('a client secret that expired is the operator’s; no account changes, and a new version in the vault heals it', async () => {
    await expire(ADELE)
    gateway.cloud.entra.expireSecret('9a7e3a11-0000-4000-a000-00000000a001')
    for (let times = 0; times < 2; times += 1) {
      expect(await token(ADELE)).toMatchObject({ status: 502, body: { code: 'provider_unhealthy', action: 'operator' } })
    }
    expect(await account(ADELE)).toMatchObject({ status: 'connected' })
    gateway.cloud.vault.asOperator.setSecret(
      'entra-client-secret',
      gateway.cloud.entra.addSecret('9a7e3a11-0000-4000-a000-00000000a001'),
    )
    await gateway.cloud.hosts.advance(11 * 60_000)
    await gateway.cloud.hosts.settle()
    expect((await token(ADELE)).status).toBe(200)
  })
})

describe('a queue message', () => {
  it('that is garbage, or names accounts that do not exist, hurts nothing', async () => {
    const queue = new QueueClient(gateway.cloud.azurite.connectionString, 'refresh')
    const gone = await gateway.connect('admin@contoso.test')
    await gateway.api('DELETE', `/api/accounts/${gone}`)
    const messages = [
      'garbage',
      '{}',
      '[]',
      'null',
      '{"accounts": "acc_x"}',
      '{"accounts": ["../x", 5]}',
      `{"accounts": ["${gone}"]}`,
      'ÿþ\u0001'.replace('\u0001', ''),
    ]
    for (const message of messages) await queue.sendMessage(message)
    await gateway.cloud.hosts.settle()
    const { approximateMessagesCount } = await queue.getProperties()
    expect(approximateMessagesCount).toBe(0)
    const poison = new QueueClient(gateway.cloud.azurite.connectionString, 'refresh-poison')
    expect(await poison.exists()).toBe(false)
    expect((await token(ADELE)).status).toBe(200)
  })

  it('that comes twice refreshes once', async () => {
    await expire(ADELE)
    const { id } = await account(ADELE)
    const queue = new QueueClient(gateway.cloud.azurite.connectionString, 'refresh')
    await Promise.all(Array.from({ length: 5 }, () => queue.sendMessage(JSON.stringify({ accounts: [id, id] }))))
    await gateway.cloud.hosts.settle()
    expect(refreshes(ADELE_OID)).toHaveLength(1)
  })
})
