import { TableClient } from '@azure/data-tables'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type Gateway, startGateway } from '../support/gateway.ts'

const ADELE = 'adele@contoso.test'
const KEY = 'the-host-key-of-this-test'
const NOBODY = 'acc_00000000000000000000000000'
const keys = { 'x-functions-key': KEY }

/** Every route of the application side, with the permission that the contract names. */
const routes: [method: string, path: string, permission: string][] = [
  ['POST', '/api/connections', 'accounts.connect'],
  ['GET', '/api/connections/con_00000000000000000000000000', 'accounts.connect'],
  ['POST', '/api/connections/con_00000000000000000000000000/confirm', 'accounts.connect'],
  ['POST', '/api/accounts', 'accounts.connect'],
  ['GET', '/api/accounts', 'accounts.manage'],
  ['GET', `/api/accounts/${NOBODY}`, 'accounts.manage'],
  ['DELETE', `/api/accounts/${NOBODY}`, 'accounts.manage'],
  ['POST', `/api/accounts/${NOBODY}/refresh`, 'accounts.manage'],
  ['POST', `/api/accounts/${NOBODY}/reconnect`, 'accounts.connect'],
  ['POST', `/api/accounts/${NOBODY}/diagnosis`, 'accounts.manage'],
  ['POST', `/api/accounts/${NOBODY}/token`, 'tokens.issue'],
  ['POST', `/api/accounts/${NOBODY}/send`, 'mail.send'],
  ['GET', `/api/accounts/${NOBODY}/messages`, 'mail.read'],
  ['GET', `/api/accounts/${NOBODY}/messages/x`, 'mail.read'],
  ['GET', `/api/accounts/${NOBODY}/messages/x/attachments`, 'mail.read'],
  ['GET', `/api/accounts/${NOBODY}/messages/x/attachments/y`, 'mail.read'],
  ['POST', `/api/accounts/${NOBODY}/messages/x/move`, 'mail.organize'],
  ['GET', `/api/accounts/${NOBODY}/folders`, 'mail.read'],
]

describe('C1: what a caller may do', () => {
  let gateway: Gateway
  beforeAll(async () => {
    // A caller that may do nothing of what the routes below ask for.
    gateway = await startGateway({ keys: KEY, settings: { HOST_KEY_PERMISSIONS: 'audit.read' } })
  })
  afterAll(() => gateway.close())

  it.each(routes)('%s %s needs the host key', async (method, path) => {
    expect((await gateway.api(method, path, { body: method === 'POST' ? {} : undefined })).status).toBe(401)
    const headers = { 'x-functions-key': 'wrong' }
    expect((await gateway.api(method, path, { body: method === 'POST' ? {} : undefined, headers })).status).toBe(401)
  })

  it.each(routes)('%s %s is forbidden without its permission', async (method, path, permission) => {
    const { status, body } = await gateway.api(method, path, { body: method === 'POST' ? {} : undefined, headers: keys })
    expect(status).toBe(403)
    expect(body).toMatchObject({ code: 'forbidden', permission })
  })

  it('asks for no key where browsers and probes come', async () => {
    expect((await gateway.api('GET', '/api/health')).status).toBe(200)
    expect((await gateway.api('GET', '/api/connect/nonsense')).status).toBe(404)
    expect((await gateway.api('GET', '/api/oauth/callback?state=x&code=y')).status).toBe(400)
  })
})

describe('C3: token hand-out', () => {
  it('is off unless the operator turned it on, and everything else works', async () => {
    const { api, close, connect } = await startGateway({ settings: { HOST_KEY_PERMISSIONS: '' } })
    await connect(ADELE)
    expect(await api('POST', `/api/accounts/${ADELE}/token`, { body: {} })).toMatchObject({
      status: 403,
      body: { code: 'forbidden', permission: 'tokens.issue' },
    })
    expect((await api('GET', `/api/accounts/${ADELE}/messages`)).status).toBe(200)
    await close()
  })
})

describe('the audit', () => {
  it('L3: has one entry for each connect, send and delete, and counts hand-outs by the minute', async () => {
    const gateway = await startGateway()
    const id = await gateway.connect(ADELE)
    await gateway.api('POST', `/api/accounts/${id}/send`, { body: { to: [ADELE], subject: 'x', text: 'y' } })
    await gateway.api('POST', `/api/accounts/${id}/send`, { body: { to: [] } })
    for (let times = 0; times < 5; times += 1) await gateway.api('POST', `/api/accounts/${id}/token`, { body: {} })
    await gateway.cloud.hosts.advance(60_000)
    await gateway.api('POST', `/api/accounts/${id}/token`, { body: {} })
    await gateway.api('DELETE', `/api/accounts/${id}`)

    const rows: Record<string, unknown>[] = []
    const { connectionString } = gateway.cloud.azurite
    const table = TableClient.fromConnectionString(connectionString, 'audit', { allowInsecureConnection: true })
    for await (const row of table.listEntities()) rows.push(row)
    const entries = rows.map(({ action, account, outcome, count }) => [action, account, outcome, count].filter(Boolean).join(' '))
    expect(entries.sort()).toEqual([
      'connect 201',
      `delete ${id} 204`,
      `send ${id} 200`,
      `send ${id} invalid_request`,
      `token ${id} 200`,
      `token ${id} 200`,
      `tokenCount ${id} 200 5`,
    ])
    expect(rows.every(({ caller, correlationId }) => caller === 'host-key' && correlationId)).toBe(true)
    await gateway.close()
  })
})
