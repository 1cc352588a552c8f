import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { CLIENT_ID, CONSUMERS_TENANT_ID } from '../../../sandbox/people.ts'
import { Browser, StoppedOnPage, signIn } from './browser.ts'
import { ADELE, ADELE_OID, CONTOSO, FABRIKAM, type Provider, REDIRECT_URI, registerOther, startProvider } from './provider.ts'

let provider: Provider
beforeAll(async () => {
  provider = await startProvider()
})
afterEach(() => provider.entra.restore(ADELE_OID))
afterAll(() => provider.close())

/** The page a sign-in stops on. */
async function stopped(url: URL, login: string, options = {}): Promise<StoppedOnPage> {
  const error = await signIn(url, login, options).catch((error: unknown) => error)
  if (!(error instanceof StoppedOnPage)) throw new Error('The sign-in did not stop on a page.', { cause: error })
  return error
}

describe('a request whose answer has no safe place to go', () => {
  test.each([
    ['a foreign redirect URI', 50011, { redirect_uri: 'http://localhost:7071/elsewhere' }, 'organizations'],
    ['a redirect URI with a path added', 50011, { redirect_uri: `${REDIRECT_URI}/more` }, 'organizations'],
    ['an unknown application', 700016, { client_id: crypto.randomUUID() }, 'organizations'],
    ['an unknown tenant', 90002, {}, 'nowhere.test'],
    ['no client id', 900144, { client_id: undefined }, 'organizations'],
    ['no redirect URI', 900144, { redirect_uri: undefined }, 'organizations'],
  ])('with %s ends on a page with AADSTS%d', async (_, code, params, tenant) => {
    expect(await stopped(provider.authorizeUrl(params, tenant), ADELE)).toMatchObject({ code, status: 400 })
  })

  test('of a single-tenant registration on a shared endpoint ends on a page with AADSTS50194', async () => {
    const clientId = registerOther(provider.entra, { audience: CONTOSO })
    expect(await stopped(provider.authorizeUrl({ client_id: clientId }), ADELE)).toMatchObject({ code: 50194 })
  })

  test('shows what was sent escaped', async () => {
    const page = await stopped(provider.authorizeUrl({ redirect_uri: 'https://x.test/<script>' }), ADELE)
    expect(page.html).not.toContain('<script>')
  })
})

describe('a wrong request goes back to the application', () => {
  test.each([
    ['an unknown scope', 'AADSTS650053', 'invalid_client', { scope: 'Mail.Everything' }],
    ['a malformed scope', 'AADSTS70011', 'invalid_scope', { scope: 'Mail.Send "x"' }],
    ['no scope', 'AADSTS900144', 'invalid_request', { scope: undefined }],
    ['no response type', 'AADSTS900144', 'invalid_request', { response_type: undefined }],
    ['an implicit response type', 'AADSTS9002313', 'unsupported_response_type', { response_type: 'id_token' }],
    ['plain PKCE', 'AADSTS9002313', 'invalid_request', { code_challenge: 'a'.repeat(43), code_challenge_method: 'plain' }],
    ['a short challenge', 'AADSTS9002313', 'invalid_request', { code_challenge: 'short', code_challenge_method: 'S256' }],
    ['an unknown prompt', 'AADSTS90023', 'invalid_request', { prompt: 'maybe' }],
    ['nobody signed in and prompt=none', 'AADSTS50058', 'login_required', { prompt: 'none' }],
  ])('with %s: %s', async (_, code, error, params) => {
    const { url, params: answer } = await signIn(provider.authorizeUrl(params), ADELE)
    expect(url.origin + url.pathname).toBe(REDIRECT_URI)
    expect(answer.get('error')).toBe(error)
    expect(answer.get('error_description')).toContain(code)
    expect(answer.get('state')).toBe('here')
  })
})

describe('the sign-in page', () => {
  test.each([
    ['an unknown person', 50034, 'nobody@contoso.test', {}, 'organizations'],
    ['a wrong password', 50126, ADELE, { password: 'wrong' }, 'organizations'],
    ['a person of another tenant', 50020, 'casey@fabrikam.test', {}, 'contoso.test'],
    ['a personal account where organizations sign in', 500200, 'dana@outlook.test', {}, 'organizations'],
    ['a work account where personal accounts sign in', 50020, ADELE, {}, 'consumers'],
    ['a shared mailbox', 50057, 'sales@contoso.test', {}, 'organizations'],
  ])('refuses %s with AADSTS%d and keeps the name', async (_, code, login, options, tenant) => {
    const page = await stopped(provider.authorizeUrl({}, tenant), login, options)
    expect(page).toMatchObject({ code, status: 200 })
    expect(page.html).toContain(`value="${login}"`)
  })

  test('refuses a personal account that the registration does not take', async () => {
    const clientId = registerOther(provider.entra, { audience: 'organizations' })
    const page = await stopped(provider.authorizeUrl({ client_id: clientId }, 'common'), 'dana@outlook.test')
    expect(page.code).toBe(500200)
  })

  test('refuses a disabled person with AADSTS50057; Conditional Access ends on a page with AADSTS53003', async () => {
    provider.entra.disablePerson(ADELE_OID)
    expect(await stopped(provider.authorizeUrl(), ADELE)).toMatchObject({ code: 50057 })
    provider.entra.restore(ADELE_OID)
    provider.entra.blockByPolicy(ADELE_OID)
    expect(await stopped(provider.authorizeUrl(), ADELE)).toMatchObject({ code: 53003, status: 400 })
  })

  test('takes a changed password only', async () => {
    provider.entra.changePassword(ADELE_OID, 'changed')
    expect(await stopped(provider.authorizeUrl(), ADELE)).toMatchObject({ code: 50126 })
    expect((await signIn(provider.authorizeUrl(), ADELE, { password: 'changed' })).params.get('code')).toBeTruthy()
    provider.entra.changePassword(ADELE_OID, 'sandbox')
  })

  test('allows no script, no framing and no caching, and posts to a URL without a query', async () => {
    const response = await fetch(provider.authorizeUrl({ prompt: 'select_account', login_hint: ADELE }))
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    expect(response.headers.get('content-security-policy')).not.toContain('script-src')
    expect(response.headers.get('cache-control')).toContain('no-store')
    const html = await response.text()
    expect(html).toContain('action="/common/login"')
    expect(html).toContain(`value="${ADELE}"`)
  })

  test('takes its form only from the browser it was shown to', async () => {
    const html = await (await fetch(provider.authorizeUrl())).text()
    const flow = /name="flow" value="([^"]+)"/.exec(html)![1]!
    const body = new URLSearchParams({ flow, login: ADELE, password: 'sandbox' })
    const response = await fetch(new URL('/common/login', provider.entra.url), { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('data-code="9002313"')
  })
})

describe('a browser that is signed in', () => {
  test('needs no page the second time, also with prompt=none', async () => {
    const browser = new Browser()
    await browser.signIn(provider.authorizeUrl(), ADELE)
    const pages: string[] = []
    const onPage = (html: string) => void pages.push(html)
    expect((await browser.signIn(provider.authorizeUrl(), ADELE, { onPage })).params.get('code')).toBeTruthy()
    expect((await browser.signIn(provider.authorizeUrl({ prompt: 'none' }), ADELE, { onPage })).params.get('code')).toBeTruthy()
    expect(pages).toEqual([])
  })

  test('asks again with prompt=login, and lets one pick with prompt=select_account, without going in circles', async () => {
    const browser = new Browser()
    await browser.signIn(provider.authorizeUrl(), ADELE)
    for (const [prompt, title] of [
      ['login', 'Sign in to your account'],
      ['select_account', 'Pick an account'],
    ] as const) {
      const pages: string[] = []
      const landing = await browser.signIn(provider.authorizeUrl({ prompt }), ADELE, { onPage: (html) => pages.push(html) })
      expect(landing.params.get('code')).toBeTruthy()
      expect(pages.map((html) => /<title>(.*?)</.exec(html)?.[1])).toEqual([title])
    }
  })

  test('uses the account that the hint names', async () => {
    const browser = new Browser()
    await browser.signIn(provider.authorizeUrl(), ADELE)
    await browser.signIn(provider.authorizeUrl({ prompt: 'select_account' }), 'ben@contoso.test')
    const silent = await browser.signIn(provider.authorizeUrl({ prompt: 'none' }), ADELE)
    expect(silent.params.get('error_description')).toContain('AADSTS16000')
    const hinted = await browser.signIn(provider.authorizeUrl({ prompt: 'none', login_hint: 'BEN@contoso.test' }), ADELE)
    const answer = await provider.token({
      grant_type: 'authorization_code',
      code: hinted.params.get('code')!,
      redirect_uri: REDIRECT_URI,
    })
    expect(provider.entra.verifyAccessToken(((await answer.json()) as { access_token: string }).access_token)?.upn).toBe(
      'ben@contoso.test',
    )
  })

  test('signs in anew after a revocation and after signing out', async () => {
    const browser = new Browser()
    const silent = () => browser.signIn(provider.authorizeUrl({ prompt: 'none' }), ADELE)
    await browser.signIn(provider.authorizeUrl(), ADELE)
    provider.entra.revokeRefreshTokens(ADELE_OID)
    expect((await silent()).params.get('error')).toBe('login_required')
    await browser.signIn(provider.authorizeUrl(), ADELE)
    await browser.fetch(new URL('/common/oauth2/v2.0/logout', provider.entra.url))
    expect((await silent()).params.get('error')).toBe('login_required')
  })

  test('is asked for a second factor once', async () => {
    const browser = new Browser()
    provider.entra.requireMfa(ADELE_OID)
    expect(await browser.signIn(provider.authorizeUrl(), ADELE, { approve: false }).catch((error) => error.html)).toContain(
      'Approve',
    )
    const refused = await browser.signIn(provider.authorizeUrl({ prompt: 'none' }), ADELE)
    expect(refused.params.get('error_description')).toContain('AADSTS50076')
    await browser.signIn(provider.authorizeUrl(), ADELE)
    expect((await browser.signIn(provider.authorizeUrl({ prompt: 'none' }), ADELE)).params.get('code')).toBeTruthy()
  })
})

test('the answer comes as query, fragment or form post', async () => {
  const query = await signIn(provider.authorizeUrl(), ADELE)
  expect([...query.url.searchParams.keys()]).toEqual(['code', 'state', 'session_state'])
  const fragment = await signIn(provider.authorizeUrl({ response_mode: 'fragment' }), ADELE)
  expect(fragment.url.search).toBe('')
  expect(fragment.params.get('code')).toBeTruthy()
  const form = await signIn(provider.authorizeUrl({ response_mode: 'form_post', state: `a"b<c>&'` }), ADELE)
  expect(form).toMatchObject({ method: 'POST', url: new URL(REDIRECT_URI) })
  expect(form.params.get('state')).toBe(`a"b<c>&'`)
})

test('/authorize may be posted', async () => {
  const url = provider.authorizeUrl({ prompt: 'none' })
  const response = await fetch(new URL(url.pathname, url), { method: 'POST', body: url.searchParams, redirect: 'manual' })
  expect(response.headers.get('location')).toContain('error=login_required')
})

test('a personal account signs in and gets an access token that is not a JWT', async () => {
  const { code, verifier } = await provider.code('dana@outlook.test')
  const tokens = (await (await provider.token(provider.redeem(code, verifier), 'consumers')).json()) as Record<string, string>
  expect(tokens.access_token!.split('.')).toHaveLength(1)
  expect(provider.entra.verifyAccessToken(tokens.access_token!, 'https://graph.microsoft.com')).toMatchObject({
    tid: CONSUMERS_TENANT_ID,
    upn: 'dana@outlook.test',
  })
  const idToken = JSON.parse(Buffer.from(tokens.id_token!.split('.')[1]!, 'base64url').toString())
  expect(idToken.iss).toBe(`${provider.entra.url.origin}/${CONSUMERS_TENANT_ID}/v2.0`)
})

test('the journal tells how /authorize was asked', async () => {
  provider.journal.clear()
  await fetch(provider.authorizeUrl({ prompt: 'login', login_hint: ADELE, response_mode: 'form_post' }))
  expect(provider.journal.list('entra')[0]).toMatchObject({
    path: '/organizations/oauth2/v2.0/authorize',
    facts: { clientId: CLIENT_ID, prompt: 'login', hasLoginHint: true, responseMode: 'form_post' },
  })
})

test('the person of a tenant signs in at its domain and its id alike', async () => {
  for (const tenant of ['fabrikam.test', FABRIKAM]) {
    const page = await stopped(provider.authorizeUrl({}, tenant), 'casey@fabrikam.test')
    expect(page.html).toContain('Need admin approval')
  }
})
