import * as oidc from 'openid-client'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { CLIENT_ID, CONSUMERS_TENANT_ID } from '../../../sandbox/people.ts'
import { CONTOSO, type Provider, REDIRECT_URI, startProvider } from './provider.ts'

let provider: Provider
beforeAll(async () => {
  provider = await startProvider()
})
afterAll(() => provider.close())

async function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(new URL(path, provider.entra.url))
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test.each([
  [CONTOSO, CONTOSO, CONTOSO],
  ['contoso.test', CONTOSO, CONTOSO],
  ['common', '{tenantid}', 'common'],
  ['organizations', '{tenantid}', 'organizations'],
  ['consumers', CONSUMERS_TENANT_ID, 'consumers'],
])('the metadata of %s name issuer %s and endpoints of %s', async (segment, issuer, endpoints) => {
  const { origin } = provider.entra.url
  const { body } = await get(`/${segment}/v2.0/.well-known/openid-configuration`)
  expect(body).toMatchObject({
    issuer: `${origin}/${issuer}/v2.0`,
    authorization_endpoint: `${origin}/${endpoints}/oauth2/v2.0/authorize`,
    token_endpoint: `${origin}/${endpoints}/oauth2/v2.0/token`,
    jwks_uri: `${origin}/${endpoints}/discovery/v2.0/keys`,
  })
})

test('openid-client refuses the template issuer of common, as it does at Microsoft', async () => {
  await expect(oidc.discovery(new URL('/common/v2.0', provider.entra.url), CLIENT_ID, provider.secret)).rejects.toMatchObject({
    code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  })
})

test('an unknown tenant is AADSTS90002', async () => {
  const { status, body } = await get('/nowhere.test/v2.0/.well-known/openid-configuration')
  expect([status, body.error_codes]).toEqual([400, [90002]])
})

test('keys are published without their private parts', async () => {
  const { body } = await get(`/${CONTOSO}/discovery/v2.0/keys`)
  const [key] = body.keys as Record<string, string>[]
  expect(key).toMatchObject({ kty: 'RSA', use: 'sig', kid: expect.any(String) })
  expect(Object.keys(key!)).not.toEqual(expect.arrayContaining(['d']))
})

test('instance discovery knows this host and no other', async () => {
  const { origin, host } = provider.entra.url
  const ask = (authority: string) =>
    get(`/common/discovery/instance?api-version=1.1&authorization_endpoint=${authority}/${CONTOSO}/oauth2/v2.0/authorize`)
  expect((await ask(origin)).body).toMatchObject({
    tenant_discovery_endpoint: `${origin}/${CONTOSO}/v2.0/.well-known/openid-configuration`,
    metadata: [{ preferred_network: host, aliases: [host] }],
  })
  expect(await ask('https://login.nowhere.test')).toMatchObject({
    status: 400,
    body: { error: 'invalid_instance', error_codes: [50049] },
  })
})

test('other paths are not found', async () => {
  for (const path of ['/', '/common', '/common/oauth2/token', '/contoso.test/login']) {
    expect((await fetch(new URL(path, provider.entra.url))).status).toBe(404)
  }
})

test('a registration takes redirect URIs that are https, or http on localhost', () => {
  const set = (redirectUri: string) => provider.entra.registrations.update(CLIENT_ID, { redirectUris: [redirectUri] })
  for (const wrong of [
    'http://app.fabrikam.test/x',
    'http://127.0.0.1/x',
    'https://app.fabrikam.test/#x',
    'https://*.fabrikam.test/x',
  ]) {
    expect(() => set(wrong)).toThrow('redirect URI')
  }
  expect(set('https://app.fabrikam.test/x').redirectUris).toEqual(['https://app.fabrikam.test/x'])
  expect(set(REDIRECT_URI).redirectUris).toEqual([REDIRECT_URI])
})
