import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { installClock, removeClock, setClockOffset } from '../../../sandbox/clock.ts'
import { CLIENT_ID } from '../../../sandbox/people.ts'
import { ADELE, ADELE_OID, CONTOSO, FABRIKAM, type Provider, REDIRECT_URI, registerOther, startProvider } from './provider.ts'

const GRAPH = 'https://graph.microsoft.com/.default'
const DAY_MS = 86_400_000
let provider: Provider

beforeAll(async () => {
  installClock()
  provider = await startProvider()
})
afterEach(() => {
  setClockOffset(0)
  provider.entra.restore(ADELE_OID)
})
afterAll(async () => {
  await provider.close()
  removeClock()
})

const app = (params: Record<string, string | undefined> = {}) => ({ grant_type: 'client_credentials', scope: GRAPH, ...params })
const refresh = (refresh_token: string, params: Record<string, string> = {}) => ({
  grant_type: 'refresh_token',
  refresh_token,
  ...params,
})

describe('a code', () => {
  test.each([
    ['with another redirect URI', 500112, { redirect_uri: 'http://localhost:7071/api/other' }],
    ['with a wrong verifier', 501481, { code_verifier: 'x'.repeat(43) }],
    ['without the verifier', 501481, { code_verifier: undefined }],
    ['without the redirect URI', 900144, { redirect_uri: undefined }],
    ['that does not exist', 9002313, { code: 'nonsense' }],
    ['for scopes of two resources', 28000, { scope: 'Mail.Send https://outlook.office.com/SMTP.Send' }],
    ['for a scope nobody consented to', 65001, { scope: 'Contacts.ReadWrite' }],
    ['for an unknown scope', 650053, { scope: 'Mail.Everything' }],
    ['for a malformed scope', 70011, { scope: 'Mail.Send "quoted"' }],
    ['for .default with more', 70011, { scope: `${GRAPH} Mail.Send` }],
  ])('%s is AADSTS%d', async (_, expected, params) => {
    const { code, verifier } = await provider.code()
    expect(await provider.refusal(provider.redeem(code, verifier, params), 'common')).toMatchObject({ code: expected })
  })

  test('after ten minutes is AADSTS70008', async () => {
    const { code, verifier } = await provider.code()
    setClockOffset(11 * 60_000)
    expect(await provider.refusal(provider.redeem(code, verifier), 'common')).toMatchObject({
      code: 70008,
      error: 'invalid_grant',
    })
  })

  test('of another client is AADSTS70000, of another tenant AADSTS700005', async () => {
    const { code, verifier } = await provider.code()
    const clientId = registerOther(provider.entra)
    const stolen = provider.redeem(code, verifier, { client_id: clientId, client_secret: 'other secret' })
    expect(await provider.refusal(stolen)).toMatchObject({ code: 70000 })
    expect(await provider.refusal(provider.redeem(code, verifier), FABRIKAM)).toMatchObject({ code: 700005 })
    expect((await provider.token(provider.redeem(code, verifier))).status).toBe(200)
  })
})

describe('a refresh token', () => {
  let refreshToken: string
  beforeEach(async () => {
    refreshToken = await provider.refreshToken()
  })

  test('is good 90 days after its issue, with a new one each time, and the old one lives on', async () => {
    setClockOffset(89 * DAY_MS)
    provider.entra.addSecret(CLIENT_ID, { value: provider.secret })
    const first = (await (await provider.token(refresh(refreshToken))).json()) as { refresh_token: string }
    expect(first.refresh_token).not.toBe(refreshToken)
    expect((await provider.token(refresh(refreshToken))).status).toBe(200)
    setClockOffset(91 * DAY_MS)
    expect(await provider.refusal(refresh(refreshToken))).toMatchObject({ code: 700082, error: 'invalid_grant' })
    expect((await provider.token(refresh(first.refresh_token))).status).toBe(200)
  })

  test('that is not one, or is another client’s, is AADSTS70000', async () => {
    expect(await provider.refusal(refresh('nonsense'))).toMatchObject({ code: 70000, error: 'invalid_grant' })
    const clientId = registerOther(provider.entra)
    const stolen = refresh(refreshToken, { client_id: clientId, client_secret: 'other secret' })
    expect(await provider.refusal(stolen)).toMatchObject({ code: 70000 })
  })

  test('revoked by an administrator is AADSTS50173, and a new sign-in helps', async () => {
    provider.entra.revokeRefreshTokens(ADELE_OID)
    expect(await provider.refusal(refresh(refreshToken))).toMatchObject({
      code: 50173,
      error: 'invalid_grant',
      suberror: 'bad_token',
    })
    expect((await provider.token(refresh(await provider.refreshToken()))).status).toBe(200)
  })

  test('survives a changed password', async () => {
    provider.entra.changePassword(ADELE_OID, 'another')
    expect((await provider.token(refresh(refreshToken))).status).toBe(200)
    provider.entra.changePassword(ADELE_OID, 'sandbox')
  })

  test('of a disabled person is AADSTS50057', async () => {
    provider.entra.disablePerson(ADELE_OID)
    expect(await provider.refusal(refresh(refreshToken))).toMatchObject({ code: 50057, error: 'invalid_grant' })
  })

  test('is AADSTS50076 with claims while a second factor is missing, until the person signs in with it', async () => {
    provider.entra.requireMfa(ADELE_OID)
    const refused = await provider.refusal(refresh(refreshToken))
    expect(refused).toMatchObject({ code: 50076, suberror: 'basic_action' })
    expect(JSON.parse(refused.claims!)).toMatchObject({ access_token: { capolids: { essential: true } } })

    const { code, verifier } = await provider.code(ADELE, { claims: refused.claims! })
    const tokens = (await (await provider.token(provider.redeem(code, verifier))).json()) as { refresh_token: string }
    expect((await provider.token(refresh(tokens.refresh_token))).status).toBe(200)
    expect(await provider.refusal(refresh(refreshToken))).toMatchObject({ code: 50076 })
  })

  test('is AADSTS50076 when the whole tenant needs a second factor', async () => {
    provider.entra.requireMfa(CONTOSO)
    expect(await provider.refusal(refresh(refreshToken))).toMatchObject({ code: 50076 })
    provider.entra.restore(CONTOSO)
    expect((await provider.token(refresh(refreshToken))).status).toBe(200)
  })

  test('blocked by Conditional Access is AADSTS53003 with claims', async () => {
    provider.entra.blockByPolicy(ADELE_OID)
    const refused = await provider.refusal(refresh(refreshToken))
    expect(refused).toMatchObject({ code: 53003, suberror: 'message_only' })
    expect(JSON.parse(refused.claims!)).toHaveProperty('access_token')
  })

  test('at another tenant is AADSTS50020', async () => {
    expect(await provider.refusal(refresh(refreshToken), FABRIKAM)).toMatchObject({ code: 50020 })
    expect(await provider.refusal(refresh(refreshToken), 'consumers')).toMatchObject({ code: 50020 })
  })

  test('for what nobody consented to is AADSTS65001', async () => {
    const refused = await provider.refusal(refresh(refreshToken, { scope: 'Calendars.ReadWrite' }))
    expect(refused).toMatchObject({ code: 65001, error: 'invalid_grant', suberror: 'consent_required' })
  })

  test('in a tenant that removed the application is AADSTS700016, and consent is needed anew', async () => {
    provider.entra.removeAppFromTenant(CONTOSO, CLIENT_ID)
    expect(await provider.refusal(refresh(refreshToken))).toMatchObject({ code: 700016, error: 'unauthorized_client' })
    const pages: string[] = []
    await provider.code(ADELE, {}, { onPage: (html) => pages.push(html) })
    expect(pages.at(-1)).toContain('Permissions requested')
    expect((await provider.token(refresh(refreshToken))).status).toBe(200)
  })

  test('meets an ordered error as often as it was ordered, with its claims and suberror', async () => {
    provider.entra.failNext({
      grantType: 'refresh_token',
      oid: ADELE_OID,
      error: 'interaction_required',
      code: 50079,
      times: 2,
      claims: '{"access_token":{}}',
      suberror: 'message_only',
    })
    expect((await provider.token(app())).status).toBe(200)
    const expected = {
      code: 50079,
      status: 400,
      error: 'interaction_required',
      suberror: 'message_only',
      claims: '{"access_token":{}}',
    }
    expect(await provider.refusal(refresh(refreshToken))).toMatchObject(expected)
    expect(await provider.refusal(refresh(refreshToken))).toMatchObject(expected)
    expect((await provider.token(refresh(refreshToken))).status).toBe(200)
  })

  test('meets faults that match who refreshes', async () => {
    provider.faults.add({
      service: 'entra',
      match: { facts: { grantType: 'refresh_token', oid: ADELE_OID } },
      answer: { status: 429, headers: { 'retry-after': '7' }, body: '{}' },
      times: 1,
    })
    const throttled = await provider.token(refresh(refreshToken))
    expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '7'])
    expect((await provider.token(refresh(refreshToken))).status).toBe(200)
  })
})

test('the journal tells who asked for what with which credential, and nothing secret', async () => {
  const refreshToken = await provider.refreshToken()
  provider.journal.clear()
  await provider.token(refresh(refreshToken, { claims: '{"access_token":{"xms_cc":{"values":["cp1"]}}}' }), 'organizations')
  await provider.refusal(refresh(refreshToken, { scope: 'https://outlook.office.com/SMTP.Send' }))
  const [first, second] = provider.journal.list('entra')
  expect(first!.facts).toEqual({
    grantType: 'refresh_token',
    clientId: CLIENT_ID,
    tenant: CONTOSO,
    oid: ADELE_OID,
    resource: 'graph',
    scope: ['openid', 'profile', 'email', 'offline_access', 'User.Read', 'Mail.Send'],
    credential: 'secret',
    cp1: true,
  })
  expect(second!.facts).toMatchObject({ resource: 'outlook', scope: ['SMTP.Send'], cp1: false, errorCode: 65001 })
  const written = JSON.stringify(provider.journal.list())
  for (const secret of [provider.secret, refreshToken, ADELE, REDIRECT_URI]) expect(written).not.toContain(secret)
})
