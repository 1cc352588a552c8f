import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ADELE_OID, CLIENT_ID } from '../../sandbox/people.ts'
import { canary, type Gateway, startGateway } from '../support/gateway.ts'

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

const adopt = (body: object) => gateway.api('POST', '/api/accounts', { body: { kind: 'delegated', ...body } })
const issued = (scope: string) => gateway.cloud.entra.issueRefreshToken(ADELE_OID, CLIENT_ID, scope)

describe('importing a refresh token', () => {
  it('makes a working account of whoever it belongs to, with what was consented to', async () => {
    const refreshToken = issued(
      'openid profile email offline_access User.Read Mail.Send Mail.Read https://outlook.office.com/IMAP.AccessAsUser.All',
    )
    const { status, body } = await adopt({ refreshToken })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      mailbox: 'adele@contoso.test',
      userId: ADELE_OID,
      status: 'connected',
      permissions: ['send', 'read', 'imap'],
    })
    expect(JSON.stringify(body)).not.toContain(refreshToken)
    expect((await gateway.api('GET', `/api/accounts/${body.id}/messages`)).status).toBe(200)
    expect((await gateway.api('POST', `/api/accounts/${body.id}/token`, { body: { protocol: 'imap' } })).status).toBe(200)
    expect((await adopt({ refreshToken })).body.id).toBe(body.id)
  })

  it('refuses a token that Entra does not take, stores nothing and logs nothing of it', async () => {
    const refreshToken = canary('refresh-token')
    const { status, body } = await adopt({ refreshToken })
    expect(status).toBe(409)
    expect(body).toMatchObject({ code: 'reconnect_required', upstream: { service: 'entra' } })
    expect(JSON.stringify(body)).not.toContain(refreshToken)
    expect(gateway.logs()).not.toContain(refreshToken)
  })

  it.each([
    [{}, '/refreshToken'],
    [{ refreshToken: 5 }, '/refreshToken'],
    [{ kind: 'application', mailbox: 'x@y.test' }, '/kind'],
  ])('refuses %j', async (body, pointer) => {
    const answer = await adopt(body)
    expect(answer.status).toBe(400)
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer)
  })
})
