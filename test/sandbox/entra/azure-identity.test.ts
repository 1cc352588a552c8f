import { ClientAssertionCredential, ClientCertificateCredential, ClientSecretCredential } from '@azure/identity'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { CLIENT_ID, MANAGED_IDENTITY } from '../../../sandbox/people.ts'
import { makeCertificate } from './certificate.ts'
import { CONTOSO, type Provider, startProvider } from './provider.ts'

const GRAPH = 'https://graph.microsoft.com/.default'
let provider: Provider
let options: { authorityHost: string; disableInstanceDiscovery: true; retryOptions: { maxRetries: number } }

beforeAll(async () => {
  provider = await startProvider()
  options = { authorityHost: provider.entra.url.origin, disableInstanceDiscovery: true, retryOptions: { maxRetries: 0 } }
})
afterAll(() => provider.close())

test('ClientSecretCredential gets a token without roles before consent, and with roles after', async () => {
  const before = await new ClientSecretCredential(CONTOSO, CLIENT_ID, provider.secret, options).getToken(GRAPH)
  expect(provider.entra.verifyAccessToken(before.token)).toMatchObject({
    aud: 'https://graph.microsoft.com',
    tid: CONTOSO,
    appid: CLIENT_ID,
    scp: [],
    roles: [],
  })

  provider.entra.grantAdminConsent(CONTOSO, CLIENT_ID, { roles: ['Mail.Send', 'IMAP.AccessAsApp'] })
  const credential = new ClientSecretCredential(CONTOSO, CLIENT_ID, provider.secret, options)
  const graph = await credential.getToken(GRAPH)
  expect(provider.entra.verifyAccessToken(graph.token)?.roles).toEqual(['Mail.Send'])
  const outlook = await credential.getToken('https://outlook.office365.com/.default')
  expect(provider.entra.verifyAccessToken(outlook.token)).toMatchObject({
    aud: 'https://outlook.office365.com',
    roles: ['IMAP.AccessAsApp'],
  })
})

test('ClientSecretCredential with a wrong secret fails with AADSTS7000215', async () => {
  const credential = new ClientSecretCredential(CONTOSO, CLIENT_ID, 'not the secret', options)
  await expect(credential.getToken(GRAPH)).rejects.toThrow('AADSTS7000215')
})

test('ClientCertificateCredential signs in with a registered certificate and fails with another', async () => {
  const { certificate, pem } = await makeCertificate()
  provider.entra.registrations.update(CLIENT_ID, { certificates: [certificate] })
  const token = await new ClientCertificateCredential(CONTOSO, CLIENT_ID, { certificate: pem }, options).getToken(GRAPH)
  expect(provider.entra.verifyAccessToken(token.token)?.appid).toBe(CLIENT_ID)
  expect(provider.journal.list('entra', { credential: 'certificate' })).toHaveLength(1)

  const other = await makeCertificate()
  const stranger = new ClientCertificateCredential(CONTOSO, CLIENT_ID, { certificate: other.pem }, options)
  await expect(stranger.getToken(GRAPH)).rejects.toThrow('AADSTS700027')
})

test('ClientAssertionCredential signs in with the token of the managed identity, and not with one for another audience', async () => {
  const exchange = async (audience: string) => (await provider.entra.issueManagedIdentityToken(audience)).token
  const trusted = new ClientAssertionCredential(CONTOSO, CLIENT_ID, () => exchange('api://AzureADTokenExchange'), options)
  const token = await trusted.getToken(GRAPH)
  expect(provider.entra.verifyAccessToken(token.token)?.appid).toBe(CLIENT_ID)
  expect(provider.journal.list('entra', { credential: 'federated' })).toHaveLength(1)

  const other = new ClientAssertionCredential(CONTOSO, CLIENT_ID, () => exchange('https://vault.azure.net'), options)
  await expect(other.getToken(GRAPH)).rejects.toThrow('AADSTS70021')
})

test('a managed identity token carries the issuer and audience that Azure services check', async () => {
  const { token, expiresOn } = await provider.entra.issueManagedIdentityToken('https://storage.azure.com')
  const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
  expect(claims).toMatchObject({
    iss: `https://sts.windows.net/${CONTOSO}/`,
    aud: 'https://storage.azure.com',
    oid: MANAGED_IDENTITY.principalId,
    appid: MANAGED_IDENTITY.clientId,
    idtyp: 'app',
  })
  expect(expiresOn.getTime()).toBe(claims.exp * 1000)
})

test('a fault ordered for one grant type reaches the SDK as Entra would send it', async () => {
  provider.faults.add({
    service: 'entra',
    match: { facts: { grantType: 'client_credentials' } },
    answer: { status: 503, headers: { 'retry-after': '1' }, body: '{"error":"temporarily_unavailable"}' },
    times: 10,
  })
  const credential = new ClientSecretCredential(CONTOSO, CLIENT_ID, provider.secret, options)
  await expect(credential.getToken(GRAPH)).rejects.toThrow('temporarily_unavailable')
  provider.faults.clear()
})
