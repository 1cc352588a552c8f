import { TableClient } from '@azure/data-tables'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { Browser, type Landing } from '../sandbox/entra/browser.ts'
import { deliver, type Gateway, RETURN_URL, signInThrough, startGateway } from '../support/gateway.ts'

const ADELE = 'adele@contoso.test'
const BEN = 'ben@contoso.test'
let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())
beforeEach(() => gateway.cloud.journal.clear())

const tokenRequests = () => gateway.cloud.journal.list('entra').filter(({ path }) => path.endsWith('/token')).length
const start = async (body: Record<string, unknown> = {}) => (await gateway.api('POST', '/api/connections', { body })).body
const read = async (id: string) => (await gateway.api('GET', `/api/connections/${id}`)).body
const accounts = async () => (await gateway.api('GET', '/api/accounts')).body.items.length

/** A sign-in that has come as far as Entra's answer, which is still in the browser's hands. */
async function answered(person = ADELE, body: Record<string, unknown> = {}) {
  const connection = await start(body)
  const browser = new Browser()
  const landing = await signInThrough(browser, connection.connectUrl, person)
  return { connection, browser, landing }
}

function withParameter(landing: Landing, name: string, value: string | undefined): URL {
  const url = new URL(landing.url)
  if (value === undefined) url.searchParams.delete(name)
  else url.searchParams.set(name, value)
  return url
}

describe('state', () => {
  it('S1: a replayed callback is refused, without a second token request', async () => {
    const { browser, landing } = await answered(ADELE, { permissions: ['send'] })
    expect((await deliver(browser, landing)).status).toBe(200)
    const before = tokenRequests()
    const replay = await deliver(browser, landing)
    expect(replay.status).toBe(400)
    expect(tokenRequests()).toBe(before)
  })

  it('S1: a missing, invented or foreign state is refused, without a token request', async () => {
    const { browser, landing } = await answered()
    const other = await answered(BEN)
    const foreign = other.landing.params.get('state') as string
    const own = landing.params.get('state') as string
    const invented = `${own.split('.')[0]}.${Buffer.alloc(32, 7).toString('base64url')}`
    for (const state of [undefined, '', 'x', invented, own.slice(0, -1), foreign]) {
      const response = await browser.fetch(withParameter(landing, 'state', state))
      expect(response.status, String(state?.length)).toBe(400)
    }
    expect(tokenRequests()).toBe(0)
  })

  it('S1: a state is used up by a refusal too, and cannot carry a code afterwards', async () => {
    const connection = await start({ permissions: ['send', 'read', 'pop'] })
    const browser = new Browser()
    const declined = await signInThrough(browser, connection.connectUrl, 'admin@contoso.test', { accept: false })
    expect((await deliver(browser, declined)).status).toBe(403)
    const second = await signInThrough(browser, connection.connectUrl, 'admin@contoso.test')
    const url = withParameter(second, 'state', declined.params.get('state') as string)
    expect((await browser.fetch(url)).status).toBe(400)
    expect(tokenRequests()).toBe(0)
  })

  it('S1: an answer that comes after ten minutes is refused, without a token request', async () => {
    const { browser, landing } = await answered()
    await gateway.cloud.hosts.advance(601_000)
    expect((await deliver(browser, landing)).status).toBe(400)
    expect(tokenRequests()).toBe(0)
  })

  it('S1: login CSRF — another browser cannot finish the sign-in, and the right one still can', async () => {
    const { browser, landing } = await answered()
    const response = await deliver(new Browser(), landing)
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('another browser')
    expect(tokenRequests()).toBe(0)
    expect((await deliver(browser, landing)).status).toBe(200)
  })
})

describe('headers smuggled past the host', () => {
  it('login CSRF — a query parameter named Headers does not stand in for the cookie of the browser', async () => {
    const { browser, landing } = await answered()
    const redirect = await new Browser().fetch(new URL((await start()).connectUrl))
    const [name] = redirect.headers.getSetCookie()[0]?.split('=') ?? []
    for (const spelling of ['Headers', 'headers', 'HEADERS']) {
      const url = new URL(landing.url)
      url.searchParams.set(spelling, JSON.stringify({ cookie: `${name}=${await browser.cookie(landing.url, name as string)}` }))
      expect((await fetch(url, { redirect: 'manual' })).status, spelling).toBe(400)
    }
    expect(tokenRequests()).toBe(0)
    expect((await deliver(browser, landing)).status).toBe(200)
  })
})

describe('authorization code', () => {
  it('S11: two parallel callbacks with the same code make one token request', async () => {
    const { browser, landing, connection } = await answered(ADELE, { permissions: ['send'] })
    const responses = await Promise.all(Array.from({ length: 5 }, () => deliver(browser, landing)))
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400])
    expect(gateway.cloud.journal.list('entra', { grantType: 'authorization_code' })).toHaveLength(1)
    expect((await read(connection.id)).status).toBe('connected')
  })

  it('code injection: a code that was issued for another sign-in is refused by PKCE and nothing is stored', async () => {
    const victim = await answered(BEN, { permissions: ['send'] })
    const attacker = await answered(ADELE, { permissions: ['send'] })
    const before = await accounts()
    const stolen = victim.landing.params.get('code') as string
    const response = await attacker.browser.fetch(withParameter(attacker.landing, 'code', stolen))
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect((await read(attacker.connection.id)).status).toBe('failed')
    expect(await accounts()).toBe(before)
  })

  it('S2: every authorize request carries an S256 challenge and a nonce, and never the verifier', async () => {
    const { connectUrl } = await start()
    const redirect = await new Browser().fetch(new URL(connectUrl))
    const parameters = new URL(redirect.headers.get('location') as string).searchParams
    expect(parameters.get('code_challenge_method')).toBe('S256')
    expect(parameters.get('code_challenge')).toMatch(/^[\w-]{43}$/)
    expect(parameters.get('nonce')).toMatch(/^[\w-]{22}$/)
    expect(parameters.get('response_type')).toBe('code')
    expect(parameters.has('code_verifier')).toBe(false)
  })

  it('S3: an id_token for another nonce is refused and nothing is stored', async () => {
    const connection = await start({ permissions: ['send'] })
    const browser = new Browser()
    const redirect = await browser.fetch(new URL(connection.connectUrl))
    const authorize = new URL(redirect.headers.get('location') as string)
    authorize.searchParams.set('nonce', 'not-the-nonce-of-this-sign-in')
    const response = await deliver(browser, await browser.signIn(authorize, ADELE))
    expect(response.status).toBe(400)
    expect(await read(connection.id)).toMatchObject({ status: 'failed', problem: { reason: 'id_token_nonce' } })
  })
})

describe('addresses', () => {
  it('S4: a poisoned Host or X-Forwarded-Host header changes neither link nor redirect URI', async () => {
    const headers = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' }
    const { body } = await gateway.api('POST', '/api/connections', { body: {}, headers })
    expect(new URL(body.connectUrl).origin).toBe(gateway.baseUrl.origin)
    const redirect = await fetch(body.connectUrl, { redirect: 'manual', headers })
    const authorize = new URL(redirect.headers.get('location') as string)
    expect(authorize.searchParams.get('redirect_uri')).toBe(new URL('/api/oauth/callback', gateway.baseUrl).href)
    expect(authorize.origin).toBe(gateway.cloud.entra.url.origin)
  })

  it.each([
    'https://evil.example/',
    `${RETURN_URL}/`,
    `${RETURN_URL}?next=https://evil.example`,
    `${RETURN_URL}.evil.example`,
    `${RETURN_URL}#x`,
    RETURN_URL.replace('https', 'http'),
    RETURN_URL.toUpperCase(),
    'javascript:alert(1)',
    '//evil.example',
  ])('S5: open redirect — the return URL %s is refused', async (returnUrl) => {
    const { status, body } = await gateway.api('POST', '/api/connections', { body: { returnUrl } })
    expect(status).toBe(400)
    expect(body.errors[0].pointer).toBe('/returnUrl')
  })

  it('S6: answers by the other response mode, or with a parameter twice, are refused without a token request', async () => {
    const { browser, landing } = await answered()
    expect((await browser.fetch(landing.url, { method: 'POST', body: landing.params })).status).toBe(400)
    expect((await browser.fetch(new URL(`${landing.url.href}&code=second`))).status).toBe(400)
    expect(tokenRequests()).toBe(0)
  })
})

describe('who signs in', () => {
  it('S1: another person with `expect` ends in identity_mismatch and nothing is stored', async () => {
    const before = await accounts()
    const { browser, landing, connection } = await answered('admin@contoso.test', { expect: BEN, permissions: ['send'] })
    expect((await deliver(browser, landing)).status).toBe(409)
    expect(await read(connection.id)).toMatchObject({ status: 'failed', problem: { code: 'identity_mismatch' } })
    expect(await accounts()).toBe(before)
  })

  it('S9: a reconnect by another person is refused and the account is not touched', async () => {
    const id = await gateway.connect(BEN, { permissions: ['send'] })
    const before = (await gateway.api('GET', `/api/accounts/${id}`)).body
    const { browser, landing, connection } = await answered('admin@contoso.test', { account: id, permissions: ['send'] })
    expect((await deliver(browser, landing)).status).toBe(409)
    expect((await read(connection.id)).problem.code).toBe('identity_mismatch')
    expect((await gateway.api('GET', `/api/accounts/${id}`)).body).toEqual(before)
  })

  it('forced connection: without the proof an unconfirmed sign-in connects nothing, and a wrong proof ends it', async () => {
    const before = await accounts()
    const { browser, landing, connection } = await answered('admin@contoso.test', { returnUrl: RETURN_URL, confirm: true })
    const back = new URL((await deliver(browser, landing)).headers.get('location') as string)
    expect(await accounts()).toBe(before)
    const wrong = await gateway.api('POST', `/api/connections/${connection.id}/confirm`, { body: { proof: 'guess' } })
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    const late = await gateway.api('POST', `/api/connections/${connection.id}/confirm`, {
      body: { proof: back.searchParams.get('proof') },
    })
    expect(late.status).toBe(409)
    expect(await accounts()).toBe(before)
  })
})

describe('a sign-in that nobody proves', () => {
  it('forced connection: ends after ten minutes, and its tokens are destroyed by the timer', async () => {
    const { browser, landing, connection } = await answered('admin@contoso.test', { returnUrl: RETURN_URL, confirm: true })
    const back = new URL((await deliver(browser, landing)).headers.get('location') as string)
    const stored = async () => {
      const { connectionString } = gateway.cloud.azurite
      const table = TableClient.fromConnectionString(connectionString, 'connections', { allowInsecureConnection: true })
      return (await table.getEntity(connection.id, 'connection')).sealed
    }
    expect(await stored()).toBeDefined()
    await gateway.cloud.hosts.advance(16 * 60_000)
    expect(await stored()).toBeUndefined()
    expect(await read(connection.id)).toMatchObject({ status: 'failed', problem: { reason: 'not_confirmed' } })
    const proof = back.searchParams.get('proof')
    expect((await gateway.api('POST', `/api/connections/${connection.id}/confirm`, { body: { proof } })).status).toBe(409)
  })
})

describe('what a page shows', () => {
  it.each(['error', 'error_description', 'error_subcode'])('S7: markup in %s is not reflected', async (name) => {
    const { browser, landing } = await answered()
    const url = withParameter(landing, 'code', undefined)
    url.searchParams.set('error', 'access_denied')
    url.searchParams.set(name, '<script>alert(1)</script>')
    const response = await browser.fetch(url)
    const html = await response.text()
    expect(html).not.toContain('<script')
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('S7: the same headers are on the redirect to Microsoft and on every refusal', async () => {
    const { connectUrl } = await start()
    const redirect = await fetch(connectUrl, { redirect: 'manual' })
    const refused = await fetch(new URL('/api/oauth/callback?state=x&code=y', gateway.baseUrl))
    for (const response of [redirect, refused]) {
      expect(response.headers.get('referrer-policy')).toBe('no-referrer')
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })

  it('S10: asks Entra for codes only, never for tokens in the browser or for a password', async () => {
    await gateway.connect(ADELE)
    const grants = new Set(
      gateway.cloud.journal
        .list('entra')
        .map(({ facts }) => facts.grantType)
        .filter(Boolean),
    )
    expect([...grants].sort()).toEqual(['authorization_code', 'refresh_token'])
  })
})
