import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { installClock, removeClock, setClockOffset } from '../../../sandbox/clock.ts'
import { CLIENT_ID } from '../../../sandbox/people.ts'
import { type AppCertificate, makeAssertion, makeCertificate } from './certificate.ts'
import { CONTOSO, FABRIKAM, type Provider, registerOther, startProvider } from './provider.ts'

const GRAPH = 'https://graph.microsoft.com/.default'
const DAY_MS = 86_400_000
let provider: Provider

beforeAll(async () => {
  installClock()
  provider = await startProvider()
})
afterEach(() => {
  setClockOffset(0)
})
afterAll(async () => {
  await provider.close()
  removeClock()
})

const app = (params: Record<string, string | undefined> = {}) => ({ grant_type: 'client_credentials', scope: GRAPH, ...params })

test('a refusal has the shape of Entra and echoes the correlation id', async () => {
  const response = await fetch(new URL(`/${CONTOSO}/oauth2/v2.0/token`, provider.entra.url), {
    method: 'POST',
    headers: { 'client-request-id': '11111111-2222-4333-8444-555555555555' },
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: CLIENT_ID, client_secret: 'wrong', scope: GRAPH }),
  })
  expect(response.status).toBe(401)
  expect(response.headers.get('cache-control')).toContain('no-store')
  const body = (await response.json()) as Record<string, string>
  expect(body).toMatchObject({
    error: 'invalid_client',
    error_codes: [7000215],
    correlation_id: '11111111-2222-4333-8444-555555555555',
    error_uri: `${provider.entra.url.origin}/error?code=7000215`,
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
  })
  expect(body.error_description).toContain(
    `Trace ID: ${body.trace_id} Correlation ID: ${body.correlation_id} Timestamp: ${body.timestamp}`,
  )
  expect(response.headers.get('x-ms-request-id')).toBe(body.trace_id)
})

describe('the client', () => {
  test.each([
    ['a wrong secret', 7000215, 401, 'invalid_client', app({ client_secret: 'wrong' }), CONTOSO],
    ['no credential', 7000218, 401, 'invalid_client', app({ client_secret: undefined }), CONTOSO],
    ['an unknown application', 700016, 400, 'unauthorized_client', app({ client_id: crypto.randomUUID() }), CONTOSO],
    ['an unknown tenant', 90002, 400, 'invalid_request', app(), 'nowhere.test'],
    ['no client id', 900144, 400, 'invalid_request', app({ client_id: undefined }), CONTOSO],
    ['no grant type', 900144, 400, 'invalid_request', { scope: GRAPH }, CONTOSO],
    ['a grant type named like a property', 70003, 400, 'unsupported_grant_type', app({ grant_type: 'constructor' }), CONTOSO],
    ['a client named like a property', 700016, 400, 'unauthorized_client', app({ client_id: 'constructor' }), CONTOSO],
    ['an unknown grant type', 70003, 400, 'unsupported_grant_type', app({ grant_type: 'password' }), CONTOSO],
    ['a tenant without the application', 700016, 400, 'unauthorized_client', app(), FABRIKAM],
    ['application tokens on common', 90130, 400, 'invalid_request', app(), 'common'],
    ['application tokens for personal accounts', 90023, 400, 'invalid_request', app(), 'consumers'],
    ['application tokens for single scopes', 1002012, 400, 'invalid_scope', app({ scope: 'Mail.Send' }), CONTOSO],
    ['an unknown resource', 500011, 400, 'invalid_resource', app({ scope: 'https://nowhere.test/.default' }), CONTOSO],
    ['broken claims', 9002313, 400, 'invalid_request', app({ claims: '{' }), CONTOSO],
  ])('%s is AADSTS%d', async (_, code, status, error, params, tenant) => {
    expect(await provider.refusal(params, tenant)).toMatchObject({ code, status, error })
  })

  test('a body that is not a form, or repeats a parameter, is AADSTS9002313', async () => {
    const post = async (body: BodyInit, type: string) => {
      const response = await fetch(new URL(`/${CONTOSO}/oauth2/v2.0/token`, provider.entra.url), {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      })
      return ((await response.json()) as { error_codes: number[] }).error_codes
    }
    expect(await post('{}', 'application/json')).toEqual([9002313])
    expect(await post('grant_type=refresh_token&grant_type=refresh_token', 'application/x-www-form-urlencoded')).toEqual([
      9002313,
    ])
  })

  test('an expired secret is AADSTS7000222 until another one is added', async () => {
    const clientId = registerOther(provider.entra, { secrets: [] })
    const old = provider.entra.addSecret(clientId)
    provider.entra.expireSecret(clientId)
    expect(await provider.refusal(app({ client_id: clientId, client_secret: old }))).toMatchObject({ code: 7000222, status: 401 })
    const fresh = provider.entra.addSecret(clientId, { days: 10 })
    expect((await provider.token(app({ client_id: clientId, client_secret: fresh }))).status).toBe(200)
    setClockOffset(11 * DAY_MS)
    expect(await provider.refusal(app({ client_id: clientId, client_secret: fresh }))).toMatchObject({ code: 7000222 })
  })

  test('a single-tenant registration is AADSTS50194 on shared endpoints and AADSTS700016 in another tenant', async () => {
    const clientId = registerOther(provider.entra, { audience: CONTOSO })
    const params = app({ client_id: clientId, client_secret: 'other secret' })
    expect(await provider.refusal(params, 'organizations')).toMatchObject({ code: 50194 })
    expect(await provider.refusal(params, 'common')).toMatchObject({ code: 50194 })
    expect(await provider.refusal(params, 'fabrikam.test')).toMatchObject({ code: 700016 })
    expect((await provider.token(params, 'contoso.test')).status).toBe(200)
  })

  test('a registration for personal accounts is AADSTS9002331 elsewhere', async () => {
    const clientId = registerOther(provider.entra, { audience: 'consumers' })
    expect(await provider.refusal(app({ client_id: clientId, client_secret: 'other secret' }))).toMatchObject({ code: 9002331 })
  })

  test('an application disabled in the tenant is AADSTS7000112', async () => {
    provider.entra.disableAppInTenant(CONTOSO, CLIENT_ID)
    expect(await provider.refusal(app())).toMatchObject({ code: 7000112, error: 'unauthorized_client' })
    provider.entra.restoreAppInTenant(CONTOSO, CLIENT_ID)
    expect((await provider.token(app())).status).toBe(200)
  })
})

describe('a client assertion', () => {
  let certificate: AppCertificate
  beforeAll(async () => {
    certificate = await makeCertificate()
    provider.entra.registrations.update(CLIENT_ID, { certificates: [certificate.certificate] })
  })

  const endpoint = (tenant: string) => `${provider.entra.url.origin}/${tenant}/oauth2/v2.0/token`
  const withAssertion = (client_assertion: string) =>
    app({
      client_secret: undefined,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion,
    })
  const seconds = () => Math.floor(Date.now() / 1000)

  test('is accepted for ten minutes, as often as it is sent', async () => {
    const assertion = await makeAssertion(certificate, CLIENT_ID, endpoint(CONTOSO))
    for (const offset of [0, 9 * 60_000]) {
      setClockOffset(offset)
      expect((await provider.token(withAssertion(assertion))).status).toBe(200)
    }
    setClockOffset(20 * 60_000)
    expect(await provider.refusal(withAssertion(assertion))).toMatchObject({ code: 700024 })
  })

  test.each([
    ['with too long a life', 700024, () => ({ exp: seconds() + 3600 })],
    ['for another tenant', 700023, () => ({ aud: endpoint(FABRIKAM) })],
    ['without jti', 50027, () => ({ jti: undefined })],
    ['with another subject', 50027, () => ({ sub: 'someone' })],
  ])('%s is AADSTS%d', async (_, code, claims) => {
    const assertion = await makeAssertion(certificate, CLIENT_ID, endpoint(CONTOSO), claims())
    expect(await provider.refusal(withAssertion(assertion))).toMatchObject({ code, status: 401, error: 'invalid_client' })
  })

  test('made for common is refused there', async () => {
    const assertion = await makeAssertion(certificate, CLIENT_ID, endpoint('common'))
    expect(await provider.refusal(withAssertion(assertion), 'common')).toMatchObject({ code: 700023 })
  })

  test('by a certificate that is not registered is AADSTS700027, and so is a broken signature', async () => {
    const stranger = await makeAssertion(await makeCertificate(), CLIENT_ID, endpoint(CONTOSO))
    expect(await provider.refusal(withAssertion(stranger))).toMatchObject({ code: 700027 })
    const impostor = { ...(await makeCertificate()), thumbprint: certificate.thumbprint }
    const forged = await makeAssertion(impostor, CLIENT_ID, endpoint(CONTOSO))
    expect(await provider.refusal(withAssertion(forged))).toMatchObject({ code: 700027 })
  })

  test('without its type is AADSTS900144', async () => {
    const params = {
      ...withAssertion(await makeAssertion(certificate, CLIENT_ID, endpoint(CONTOSO))),
      client_assertion_type: undefined,
    }
    expect(await provider.refusal(params)).toMatchObject({ code: 900144 })
  })
})
