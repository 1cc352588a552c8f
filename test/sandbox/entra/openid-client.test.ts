import * as oidc from 'openid-client'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { CLIENT_ID } from '../../../sandbox/people.ts'
import { signIn } from './browser.ts'
import { ADELE, ADELE_OID, CONTOSO, type Provider, REDIRECT_URI, startProvider } from './provider.ts'

let provider: Provider
let client: oidc.Configuration

beforeAll(async () => {
  provider = await startProvider()
  client = await oidc.discovery(new URL(`${provider.entra.url.origin}/${CONTOSO}/v2.0`), CLIENT_ID, provider.secret)
})
afterAll(() => provider.close())

const IMAP = 'https://outlook.office.com/IMAP.AccessAsUser.All'
const SCOPE = `openid profile email offline_access https://graph.microsoft.com/Mail.Send ${IMAP}`

async function start(nonce = oidc.randomNonce()) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
  const expectedState = oidc.randomState()
  const url = oidc.buildAuthorizationUrl(client, {
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    state: expectedState,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce: nonce } }
}

const forGraph = { scope: 'openid profile email offline_access https://graph.microsoft.com/Mail.Send' }

test('openid-client signs a person in with PKCE, state and nonce, and refreshes for Graph and for Outlook with one refresh token', async () => {
  const { url, checks } = await start()
  const { url: callback } = await signIn(url, ADELE)

  const tokens = await oidc.authorizationCodeGrant(client, callback, checks, forGraph)
  expect(tokens.claims()).toMatchObject({
    iss: `${provider.entra.url.origin}/${CONTOSO}/v2.0`,
    aud: CLIENT_ID,
    tid: CONTOSO,
    oid: ADELE_OID,
    name: 'Adele Vance',
    preferred_username: ADELE,
    email: ADELE,
  })
  expect(provider.entra.verifyAccessToken(tokens.access_token, 'https://graph.microsoft.com')).toMatchObject({
    tid: CONTOSO,
    oid: ADELE_OID,
    appid: CLIENT_ID,
    upn: ADELE,
    scp: ['Mail.Send'],
    cp1: false,
  })

  const graph = await oidc.refreshTokenGrant(client, tokens.refresh_token!, forGraph)
  expect(graph.scope?.split(' ')).toEqual(expect.arrayContaining(['Mail.Send', 'openid']))
  const outlook = await oidc.refreshTokenGrant(client, tokens.refresh_token!, { scope: `${IMAP} offline_access` })
  expect(outlook.scope).toBe(IMAP)
  expect(outlook.id_token).toBeUndefined()
  expect(provider.entra.verifyAccessToken(outlook.access_token)).toMatchObject({
    aud: 'https://outlook.office.com',
    scp: ['IMAP.AccessAsUser.All'],
  })
  expect(new Set([tokens.refresh_token, graph.refresh_token, outlook.refresh_token]).size).toBe(3)
})

test('openid-client refuses an answer with another nonce', async () => {
  const { url, checks } = await start()
  const { url: callback } = await signIn(url, ADELE)
  await expect(
    oidc.authorizationCodeGrant(client, callback, { ...checks, expectedNonce: 'another' }, forGraph),
  ).rejects.toMatchObject({ code: 'OAUTH_JWT_CLAIM_COMPARISON_FAILED' })
})

test('a wrong PKCE verifier is AADSTS501481', async () => {
  const { url, checks } = await start()
  const { url: callback } = await signIn(url, ADELE)
  const wrong = { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() }
  await expect(oidc.authorizationCodeGrant(client, callback, wrong, forGraph)).rejects.toMatchObject({
    error: 'invalid_grant',
    status: 400,
    cause: { error_codes: [501481] },
  })
})

test('a code is redeemed once; the second time is AADSTS54005', async () => {
  const { url, checks } = await start()
  const { url: callback } = await signIn(url, ADELE)
  await oidc.authorizationCodeGrant(client, callback, checks, forGraph)
  await expect(oidc.authorizationCodeGrant(client, callback, checks, forGraph)).rejects.toMatchObject({
    error: 'invalid_grant',
    cause: { error_codes: [54005] },
  })
})

test('of two redemptions at once one succeeds', async () => {
  const { url, checks } = await start()
  const { url: callback } = await signIn(url, ADELE)
  const redeem = () => oidc.authorizationCodeGrant(client, callback, checks, forGraph)
  const outcomes = await Promise.allSettled([redeem(), redeem()])
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
})

test('openid-client takes the answer as a form post', async () => {
  const { url, checks } = await start()
  url.searchParams.set('response_mode', 'form_post')
  const landing = await signIn(url, ADELE)
  expect(landing).toMatchObject({ method: 'POST', url: new URL(REDIRECT_URI) })
  const callback = new Request(landing.url, { method: 'POST', body: landing.params })
  const tokens = await oidc.authorizationCodeGrant(client, callback, checks, forGraph)
  expect(tokens.claims()?.oid).toBe(ADELE_OID)
})

test('openid-client authenticates by HTTP Basic', async () => {
  const basic = await oidc.discovery(
    new URL(`${provider.entra.url.origin}/${CONTOSO}/v2.0`),
    CLIENT_ID,
    undefined,
    oidc.ClientSecretBasic(provider.secret),
  )
  const tokens = await oidc.clientCredentialsGrant(basic, { scope: 'https://graph.microsoft.com/.default' })
  expect(tokens.token_type).toBe('bearer')
})
