import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

import { installClock, removeClock, setClockOffset } from '../../../sandbox/clock.ts'
import { CLIENT_ID } from '../../../sandbox/people.ts'
import { ADELE_OID, CONTOSO, MAIL_SCOPES, type Provider, startProvider } from './provider.ts'

const CP1 = '{"access_token":{"xms_cc":{"values":["cp1"]}}}'
let provider: Provider
let refreshToken: string

beforeAll(async () => {
  installClock()
  provider = await startProvider()
})
beforeEach(() => {
  refreshToken = provider.entra.issueRefreshToken(ADELE_OID, CLIENT_ID, MAIL_SCOPES)
})
afterEach(() => {
  setClockOffset(0)
  provider.entra.setTokenLifetime({})
  provider.entra.restore(ADELE_OID)
})
afterAll(async () => {
  await provider.close()
  removeClock()
})

async function refresh(params: Record<string, string> = {}) {
  const response = await provider.token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...params })
  return (await response.json()) as {
    access_token: string
    id_token?: string
    expires_in: number
    ext_expires_in: number
    scope: string
  }
}

test('lives 60 to 90 minutes, by the shared clock', async () => {
  const { access_token, expires_in, ext_expires_in } = await refresh()
  expect(expires_in).toBeGreaterThanOrEqual(3600)
  expect(expires_in).toBeLessThanOrEqual(5400)
  expect(ext_expires_in).toBe(expires_in)
  setClockOffset((expires_in - 5) * 1000)
  expect(provider.entra.verifyAccessToken(access_token)).toBeDefined()
  setClockOffset((expires_in + 1) * 1000)
  expect(provider.entra.verifyAccessToken(access_token)).toBeUndefined()
})

test('lives 24 to 28 hours and says so when the client declares cp1', async () => {
  const { access_token, expires_in } = await refresh({ claims: CP1 })
  expect(expires_in).toBeGreaterThanOrEqual(86_400)
  expect(expires_in).toBeLessThanOrEqual(100_800)
  expect(provider.entra.verifyAccessToken(access_token)).toMatchObject({ cp1: true })
  expect(decodeJwt(access_token).xms_cc).toEqual(['cp1'])
})

test('lives as long as a test says', async () => {
  provider.entra.setTokenLifetime({ seconds: 600 })
  expect((await refresh({ claims: CP1 })).expires_in).toBe(600)
})

test('is signed by a published key with the claims of a v1.0 token', async () => {
  const keys = createRemoteJWKSet(new URL(`/${CONTOSO}/discovery/v2.0/keys`, provider.entra.url))
  const { payload } = await jwtVerify((await refresh()).access_token, keys, {
    issuer: `https://sts.windows.net/${CONTOSO}/`,
    audience: 'https://graph.microsoft.com',
    algorithms: ['RS256'],
  })
  expect(payload).toMatchObject({ appid: CLIENT_ID, appidacr: '1', idtyp: 'user', tid: CONTOSO, oid: ADELE_OID, ver: '1.0' })
  expect(String(payload.scp).split(' ').toSorted()).toEqual(['Mail.Send', 'User.Read'])
})

test('stays valid when the signing key is rotated, and new ones verify by the new key', async () => {
  const before = (await refresh()).access_token
  await provider.entra.rotateSigningKey()
  const after = (await refresh()).access_token
  const keys = createRemoteJWKSet(new URL('/common/discovery/v2.0/keys', provider.entra.url))
  for (const token of [before, after]) {
    expect(provider.entra.verifyAccessToken(token)).toBeDefined()
    await jwtVerify(token, keys)
  }
})

test('is refused for another audience, altered, or no token at all', async () => {
  const { access_token } = await refresh()
  const [header, , signature] = access_token.split('.')
  const forged = Buffer.from(JSON.stringify({ ...decodeJwt(access_token), scp: 'Mail.ReadWrite' })).toString('base64url')
  expect(provider.entra.verifyAccessToken(access_token, 'https://outlook.office.com')).toBeUndefined()
  expect(provider.entra.verifyAccessToken(`${header}.${forged}.${signature}`)).toBeUndefined()
  expect(provider.entra.verifyAccessToken('nonsense')).toBeUndefined()
})

test('an id_token is not an access token', async () => {
  const { id_token } = await refresh({ scope: 'openid profile' })
  expect(provider.entra.verifyAccessToken(id_token!)).toBeUndefined()
})

test('only a cp1 token is marked revoked after a revocation, a changed password or a disabled account', async () => {
  for (const revoke of [
    () => provider.entra.revokeRefreshTokens(ADELE_OID),
    () => provider.entra.changePassword(ADELE_OID, 'sandbox'),
    () => provider.entra.disablePerson(ADELE_OID),
  ]) {
    refreshToken = provider.entra.issueRefreshToken(ADELE_OID, CLIENT_ID, MAIL_SCOPES)
    const [plain, cae] = [await refresh(), await refresh({ claims: CP1 })]
    expect(provider.entra.verifyAccessToken(cae.access_token)).not.toHaveProperty('revoked')
    revoke()
    expect(provider.entra.verifyAccessToken(cae.access_token)).toMatchObject({ revoked: true })
    expect(provider.entra.verifyAccessToken(plain.access_token)).not.toHaveProperty('revoked')
  }
})

test('carries all that was consented to on its resource, not only what was asked', async () => {
  expect((await refresh({ scope: 'User.Read' })).scope.split(' ')).toEqual(expect.arrayContaining(['Mail.Send', 'User.Read']))
})

test('an API of another registration is a resource with its own roles', async () => {
  provider.entra.registrations.put({
    clientId: '9a7e3a11-0000-4000-a000-00000000a009',
    displayName: 'Gateway API',
    homeTenantId: CONTOSO,
    audience: CONTOSO,
    identifierUri: 'api://gateway',
    appRoles: ['mail.send', 'mail.read'],
  })
  provider.entra.grantAdminConsent(CONTOSO, CLIENT_ID, { roles: ['api://gateway/mail.send'] })
  const response = await provider.token({ grant_type: 'client_credentials', scope: 'api://gateway/.default' })
  const { access_token } = (await response.json()) as { access_token: string }
  expect(provider.entra.verifyAccessToken(access_token, 'api://gateway')).toMatchObject({
    roles: ['mail.send'],
    scp: [],
    upn: '',
  })
})
