import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { Browser } from '../sandbox/entra/browser.ts'
import { deliver, type Gateway, RETURN_URL, signInThrough, startGateway } from '../support/gateway.ts'

const ADELE = 'adele@contoso.test'
const BEN = 'ben@contoso.test'
let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

const start = (body: Record<string, unknown> = {}) => gateway.api('POST', '/api/connections', { body })
const read = async (id: string) => (await gateway.api('GET', `/api/connections/${id}`)).body
const tokenRequests = () => gateway.cloud.journal.list('entra', { grantType: 'authorization_code' }).length

describe('connecting a mailbox', () => {
  it('goes from the link to an account with Graph and Outlook tokens from one sign-in', async () => {
    const { status, body } = await start({ permissions: ['send', 'read', 'imap'], loginHint: ADELE })
    expect(status).toBe(201)
    expect(await read(body.id)).toEqual({ id: body.id, status: 'pending' })
    const page = await gateway.open(body.connectUrl, ADELE)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('adele@contoso.test is connected')

    const connection = await read(body.id)
    expect(connection).toMatchObject({ status: 'connected', account: expect.stringMatching(/^acc_/) })
    const account = (await gateway.api('GET', `/api/accounts/${ADELE}`)).body
    expect(account).toMatchObject({
      id: connection.account,
      owner: 'host-key',
      provider: 'default',
      kind: 'delegated',
      mailbox: ADELE,
      status: 'connected',
      permissions: ['send', 'read', 'imap'],
      tenantId: 'c0470500-0000-4000-8000-000000000001',
    })
    expect(Object.keys(account.tokens).sort()).toEqual(['graph', 'outlook'])
  })

  it('returns to the application with its state, only where the list allows it', async () => {
    const { body } = await start({ returnUrl: RETURN_URL, state: 'order=7&x=<y>' })
    const landing = await gateway.open(body.connectUrl, BEN)
    expect(landing.status).toBe(303)
    const url = new URL(landing.headers.get('location') as string)
    expect(url.origin + url.pathname).toBe(RETURN_URL)
    expect(Object.fromEntries(url.searchParams)).toEqual({ connection: body.id, status: 'connected', state: 'order=7&x=<y>' })
  })

  it('stores nothing when the person declines, says so, and lets them try again', async () => {
    const { body } = await start({ permissions: ['send', 'read', 'organize'] })
    const page = await gateway.open(body.connectUrl, 'admin@contoso.test', { accept: false })
    expect(page.status).toBe(403)
    const html = await page.text()
    expect(html).toContain('declined at Microsoft')
    expect(await read(body.id)).toMatchObject({ status: 'failed', problem: { code: 'permission_missing', reason: 'declined' } })
    expect((await gateway.api('GET', '/api/accounts/admin@contoso.test')).status).toBe(404)

    await gateway.open(body.connectUrl, 'admin@contoso.test')
    expect(await read(body.id)).toMatchObject({ status: 'connected' })
  })

  it('lets a link be opened many times until it has worked, and then says that it has', async () => {
    const { body } = await start()
    const browser = new Browser()
    const first = await browser.fetch(new URL(body.connectUrl))
    const second = await browser.fetch(new URL(body.connectUrl))
    expect([first.status, second.status]).toEqual([302, 302])
    expect(first.headers.get('location')).not.toBe(second.headers.get('location'))
    expect((await gateway.open(body.connectUrl, ADELE, { browser })).status).toBe(200)
    const after = await browser.fetch(new URL(body.connectUrl))
    expect(after.status).toBe(409)
    expect(await after.text()).toContain('has done its work')
  })

  it('is not burnt by a link scanner: HEAD and prefetch mint no state', async () => {
    const { body } = await start()
    const head = await fetch(body.connectUrl, { method: 'HEAD', redirect: 'manual' })
    const prefetch = await fetch(body.connectUrl, { headers: { 'sec-purpose': 'prefetch' }, redirect: 'manual' })
    expect([head.status, prefetch.status]).toEqual([204, 204])
    expect([head.headers.get('set-cookie'), prefetch.headers.get('set-cookie')]).toEqual([null, null])
  })

  it('expires', async () => {
    const { body } = await start({ expiresIn: 300 })
    await gateway.cloud.hosts.advance(301_000)
    const page = await fetch(body.connectUrl, { redirect: 'manual' })
    expect(page.status).toBe(404)
    expect(await page.text()).toContain('expired')
    expect(await read(body.id)).toMatchObject({ status: 'expired' })
  })

  it('holds an unconfirmed connection back until the application shows the proof', async () => {
    const { body } = await start({ returnUrl: RETURN_URL, confirm: true, permissions: ['send'] })
    const landing = await gateway.open(body.connectUrl, 'admin@contoso.test')
    const back = new URL(landing.headers.get('location') as string).searchParams
    expect(back.get('status')).toBe('confirming')
    expect(await read(body.id)).toEqual({ id: body.id, status: 'confirming' })
    const confirmed = await gateway.api('POST', `/api/connections/${body.id}/confirm`, { body: { proof: back.get('proof') } })
    expect(confirmed).toMatchObject({ status: 200, body: { status: 'connected', account: expect.stringMatching(/^acc_/) } })
    const again = await gateway.api('POST', `/api/connections/${body.id}/confirm`, { body: { proof: back.get('proof') } })
    expect(again).toMatchObject({ status: 409, body: { code: 'conflict' } })
  })

  it('refuses input that it cannot keep, and names the place', async () => {
    const wrong = { returnUrl: 'https://evil.example/', permissions: ['send', 'everything'], expiresIn: 5, nonsense: true }
    const { status, body } = await start(wrong)
    expect(status).toBe(400)
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/expiresIn',
      '/nonsense',
      '/permissions/1',
    ])
    expect(await start({ permissions: ['calendars'] })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/permissions' }] },
    })
    expect(await start({ confirm: true })).toMatchObject({ status: 400, body: { errors: [{ pointer: '/confirm' }] } })
    expect(await start({ provider: 'other' })).toMatchObject({ status: 400 })
  })

  it('connects a personal account, which is refreshed and named by its own hosts', async () => {
    const { body } = await start({ permissions: ['send', 'read', 'imap', 'smtp'] })
    expect((await gateway.open(body.connectUrl, 'dana@outlook.test')).status).toBe(200)
    const { account } = await read(body.id)
    const refreshed = await gateway.api('POST', `/api/accounts/${account}/refresh`)
    expect(refreshed).toMatchObject({
      status: 200,
      body: { tenantId: '9188040d-6c67-4c5b-b112-36a304b66dad', mailbox: 'dana@outlook.test' },
    })
    expect((await gateway.api('GET', `/api/accounts/${account}/messages`)).status).toBe(200)
    const imap = await gateway.api('POST', `/api/accounts/${account}/token`, { body: { protocol: 'imap' } })
    expect(imap.body.xoauth2.username).toBe('dana@outlook.test')
  })

  it('S12: fails loudly when Microsoft grants less than was asked for, and stores nothing', async () => {
    // Somebody who has never consented, and is not asked for offline access either.
    const person = 'admin@fabrikam.test'
    const { body } = await start({ permissions: ['send'] })
    const before = tokenRequests()
    const browser = new Browser()
    const redirect = await browser.fetch(new URL(body.connectUrl))
    const authorize = new URL(redirect.headers.get('location') as string)
    authorize.searchParams.set('scope', 'openid profile email User.Read Mail.Send')
    const landing = await browser.signIn(authorize, person)
    const page = await deliver(browser, landing)
    expect(page.status).toBe(403)
    expect(tokenRequests()).toBe(before + 1)
    expect(await read(body.id)).toMatchObject({
      status: 'failed',
      problem: { code: 'permission_missing', upstream: { code: 'AADSTS65001' } },
    })
  })
})

describe('form_post', () => {
  let other: Gateway
  beforeAll(async () => {
    other = await startGateway({ settings: { ENTRA_RESPONSE_MODE: 'form_post' } })
  })
  afterAll(() => other.close())

  it('connects when Entra answers by POST, and refuses the answer by query', async () => {
    const { body } = await other.api('POST', '/api/connections', { body: {} })
    const browser = new Browser()
    const landing = await signInThrough(browser, body.connectUrl, ADELE)
    expect(landing.method).toBe('POST')
    const byQuery = new URL(landing.url)
    byQuery.search = landing.params.toString()
    expect((await browser.fetch(byQuery)).status).toBe(400)
    expect((await deliver(browser, landing)).status).toBe(200)
    expect((await other.api('GET', `/api/connections/${body.id}`)).body.status).toBe('connected')
  })
})
