import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { errorCode, type GraphFixture, startGraphFixture, tokenOf } from './graph-fixture.ts'

let fixture: GraphFixture
beforeAll(async () => {
  fixture = await startGraphFixture()
})
afterAll(() => fixture.close())

const grant = (name: string, address: string, scp: string[]) => fixture.tokens.set(name, tokenOf(address, { scp }))

describe('The token', () => {
  it('is demanded in Graph’s error shape, with the ids its support asks for.', async () => {
    const response = await fixture.call(undefined, 'GET', '/me', undefined, { 'client-request-id': 'mine' })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /)
    const { error } = await response.json()
    expect(error.code).toBe('InvalidAuthenticationToken')
    expect(error.innerError).toEqual({
      date: expect.any(String),
      'request-id': response.headers.get('request-id'),
      'client-request-id': 'mine',
    })
    expect(response.headers.get('client-request-id')).toBe('mine')
  })

  it('is refused for another audience and for a tenant that does not exist.', async () => {
    fixture.tokens.set('outlook', tokenOf('adele@contoso.test', { aud: 'https://outlook.office.com' }))
    fixture.tokens.set('stray', tokenOf('adele@contoso.test', { tid: 'nowhere' }))
    for (const token of ['outlook', 'stray', 'unknown']) {
      expect((await fixture.call(token, 'GET', '/me')).status, token).toBe(401)
    }
  })

  it('is challenged for claims once revoked, if its client can answer that.', async () => {
    fixture.tokens.set('revoked', tokenOf('adele@contoso.test', { revoked: true }))
    const response = await fixture.call('revoked', 'GET', '/me')
    expect(response.status).toBe(401)
    const header = response.headers.get('www-authenticate') ?? ''
    expect(header).toContain('error="insufficient_claims"')
    const claims = JSON.parse(Buffer.from(/claims="([^"]+)"/.exec(header)?.[1] ?? '', 'base64').toString())
    expect(claims.access_token.nbf.essential).toBe(true)

    fixture.tokens.set('revoked-old', tokenOf('adele@contoso.test', { revoked: true, cp1: false }))
    expect((await fixture.call('revoked-old', 'GET', '/me')).status).toBe(200)
  })
})

describe('Scopes', () => {
  it.each([
    ['GET', '/me', 'User.Read'],
    ['GET', '/me/messages', 'Mail.Read'],
    ['GET', '/me/messages', 'Mail.ReadWrite'],
    ['GET', '/me/mailFolders', 'Mail.Read.Shared'],
  ])('open %s %s with %s.', async (method, path, scope) => {
    grant('only', 'adele@contoso.test', [scope])
    expect((await fixture.call('only', method, path)).status).toBe(200)
  })

  it.each([
    ['GET', '/me', 'Mail.ReadWrite', 'Authorization_RequestDenied'],
    ['GET', '/me/messages', 'Mail.Send', 'ErrorAccessDenied'],
    ['POST', '/me/messages', 'Mail.Read', 'ErrorAccessDenied'],
    ['POST', '/me/sendMail', 'Mail.ReadWrite', 'ErrorAccessDenied'],
    ['GET', '/users/sales@contoso.test/messages', 'Mail.Read', 'ErrorAccessDenied'],
  ])('keep %s %s shut with only %s.', async (method, path, scope, code) => {
    grant('only', 'adele@contoso.test', [scope])
    const response = await fixture.call('only', method, path, method === 'POST' ? {} : undefined)
    expect(response.status).toBe(403)
    expect(await errorCode(response)).toBe(code)
  })
})

describe('Another mailbox', () => {
  it('opens for whom it is shared with, by address or id, and for nobody else.', async () => {
    const { oid } = fixture.graph.mailboxOf('sales@contoso.test')
    expect((await fixture.call('adele', 'GET', '/users/sales@contoso.test/messages')).status).toBe(200)
    expect((await fixture.call('adele', 'GET', `/users/${oid}/messages`)).status).toBe(200)
    const denied = await fixture.call('ben', 'GET', '/users/sales@contoso.test/messages')
    expect([denied.status, await errorCode(denied)]).toEqual([403, 'ErrorAccessDenied'])
  })

  it.each(['nobody@contoso.test', 'casey@fabrikam.test'])('does not exist when it is %s.', async (address) => {
    const response = await fixture.call('adele', 'GET', `/users/${address}/messages`)
    expect([response.status, await errorCode(response)]).toEqual([404, 'ErrorInvalidUser'])
  })
})

describe('An app-only token', () => {
  it('has no /me, but every mailbox of its tenant.', async () => {
    const me = await fixture.call('app', 'GET', '/me/messages')
    expect([me.status, await errorCode(me)]).toEqual([400, 'BadRequest'])
    expect((await fixture.call('app', 'GET', '/users/ben@contoso.test/messages')).status).toBe(200)
    expect((await fixture.call('app', 'GET', '/users/casey@fabrikam.test/messages')).status).toBe(404)
  })

  it('is kept to the mailboxes of an access policy.', async () => {
    const { appid } = tokenOf('ben@contoso.test')
    fixture.graph.restrictApplication(appid, ['ben@contoso.test'])
    expect((await fixture.call('app', 'GET', '/users/ben@contoso.test/messages')).status).toBe(200)
    expect((await fixture.call('app', 'GET', '/users/adele@contoso.test/messages')).status).toBe(403)
    fixture.graph.restrictApplication(appid)
    expect((await fixture.call('app', 'GET', '/users/adele@contoso.test/messages')).status).toBe(200)
  })
})

describe('GET /me', () => {
  it('answers the asked properties of the person.', async () => {
    const user = await fixture.client('dana').api('/me').select('mail,displayName').get()
    expect(user).toMatchObject({ mail: 'dana@outlook.test', displayName: 'Dana Rivera' })
    expect(user.id).toBeUndefined()
  })
})

describe('What is not served', () => {
  it.each([
    ['GET', '/me/events', 404],
    ['POST', '/$batch', 404],
    ['GET', '/me/messages/delta', 400],
    ['PUT', '/me/messages', 405],
    ['GET', '/me/messages?$search="x"', 400],
    ['GET', '/me/mailFolders/%E0%A4%A', 400],
  ])('answers %s %s with %i in Graph’s shape.', async (method, path, status) => {
    const response = await fixture.call('adele', method, path)
    expect(response.status).toBe(status)
    expect(await errorCode(response)).toMatch(/^\w+$/)
  })
})

describe('The journal', () => {
  it('holds who did what, and no token.', async () => {
    fixture.journal.clear()
    await fixture.call('adele', 'GET', '/me/messages', undefined, { prefer: 'IdType="ImmutableId"' })
    const [entry] = fixture.journal.list('graph', { operation: 'listMessages' })
    const { oid, appid } = tokenOf('adele@contoso.test')
    expect(entry).toMatchObject({ status: 200, facts: { mailbox: oid, appid, immutable: true, inFlight: 1 } })
    expect(JSON.stringify(entry)).not.toContain('Bearer')
  })
})
