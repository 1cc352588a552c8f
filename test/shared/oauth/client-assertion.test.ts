import { randomUUID } from 'node:crypto'

import { decodeProtectedHeader, importX509, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { CLIENT_ID } from '../../../sandbox/people.ts'
import { createVaultCertificates } from '../../../shared/azure/key-vault-certificates.ts'
import { createClientAssertions } from '../../../shared/oauth/client-assertion.ts'
import { requestToken } from '../../../shared/oauth/token-endpoint.ts'
import { CONTOSO, FABRIKAM, type Provider, startProvider } from '../../sandbox/entra/provider.ts'
import { callers, credentialOf, openVault } from '../../sandbox/vault/vault-fixture.ts'
import { makeCertificate, makePfx, type TestCertificate } from '../../support/pfx.ts'

const START = Date.parse('2026-11-25T10:00:00.400Z')
const certificate = { name: 'gateway', version: '1', thumbprintSha256: 'thumbprint' }
const endpointOf = (tenant: string | number) => new URL(`https://login.test/${tenant}/oauth2/v2.0/token`)
const requestFor = (tenant: string | number) => ({ clientId: CLIENT_ID, tokenEndpoint: endpointOf(tenant), certificate })

/** Assertions signed by a counter, at a time that the test moves. */
function counted() {
  const clock = { now: START }
  const digests: Buffer[] = []
  const assertions = createClientAssertions({
    sign: async (_certificate, digest) => {
      digests.push(digest)
      return Buffer.from(`signature ${digests.length}`)
    },
    now: () => clock.now,
    randomId: randomUUID,
  })
  return { ...assertions, clock, digests }
}

describe('client assertions', () => {
  it('cost one signature for each tenant, however many ask, at once and later', async () => {
    const { assertionFor, digests } = counted()
    const calls = Array.from({ length: 1_000 }, (_, call) => requestFor(call % 100))
    const first = await Promise.all(calls.slice(0, 500).map(assertionFor))
    const second = []
    for (const call of calls.slice(500)) second.push(await assertionFor(call))

    expect(digests).toHaveLength(100)
    expect(new Set(first).size).toBe(100)
    expect(second).toEqual(first)
  })

  it('are used until a minute before they expire', async () => {
    const { assertionFor, clock, digests } = counted()
    const first = await assertionFor(requestFor('a'))
    const { exp = 0 } = JSON.parse(Buffer.from(first.split('.')[1] ?? '', 'base64url').toString())
    expect(exp).toBe(Math.floor(START / 1000) + 600)

    clock.now = START + 538_000
    expect(await assertionFor(requestFor('a'))).toBe(first)
    clock.now = exp * 1000 - 60_000
    expect(await assertionFor(requestFor('a'))).not.toBe(first)
    expect(digests).toHaveLength(2)
  })

  it('are made anew for another version, client or endpoint', async () => {
    const { assertionFor, digests } = counted()
    await assertionFor(requestFor('a'))
    await assertionFor({ ...requestFor('a'), certificate: { ...certificate, version: '2', thumbprintSha256: 'other' } })
    await assertionFor({ ...requestFor('a'), clientId: 'another' })
    await assertionFor({ ...requestFor('a'), tokenEndpoint: new URL('https://login.other/a/oauth2/v2.0/token') })

    expect(digests).toHaveLength(4)
    expect(new Set(digests.map((digest) => digest.toString('hex'))).size).toBe(4)
  })

  it('that could not be signed fail for all who waited, and are tried again', async () => {
    let attempts = 0
    const { assertionFor } = createClientAssertions({
      sign: async () => {
        attempts += 1
        if (attempts === 1) throw new Error('The vault is away.')
        return Buffer.from('signature')
      },
      now: () => START,
      randomId: randomUUID,
    })
    const both = await Promise.allSettled([assertionFor(requestFor('a')), assertionFor(requestFor('a'))])

    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect((await assertionFor(requestFor('a'))).split('.')).toHaveLength(3)
    expect(attempts).toBe(2)
  })

  it('are kept in bounded memory', async () => {
    const { assertionFor, digests } = counted()
    for (let tenant = 0; tenant <= 5_000; tenant += 1) await assertionFor(requestFor(tenant))
    await assertionFor(requestFor(5_000))
    expect(digests).toHaveLength(5_001)
    await assertionFor(requestFor(0))
    expect(digests).toHaveLength(5_002)
  })
})

describe('client assertions signed by the vault', () => {
  let made: TestCertificate
  let provider: Provider
  let vault: Awaited<ReturnType<typeof openVault>>
  let assertionFor: (tenant: string) => Promise<string>
  const endpoint = (tenant: string) => new URL(`/${tenant}/oauth2/v2.0/token`, provider.entra.url)
  beforeAll(async () => {
    made = await makeCertificate()
    provider = await startProvider()
    vault = await openVault()
    await vault.vault.asOperator.importCertificate('gateway', makePfx(made, 'p'), 'p')
    const access = { url: new URL(vault.url), credential: async () => credentialOf(callers.gateway) }
    const certificates = createVaultCertificates(access)
    const signing = await certificates.read('gateway')
    const assertions = createClientAssertions({ sign: certificates.sign, now: Date.now, randomId: randomUUID })
    assertionFor = (tenant) =>
      assertions.assertionFor({ clientId: CLIENT_ID, tokenEndpoint: endpoint(tenant), certificate: signing })
  })
  afterAll(async () => {
    await provider.close()
    await vault.vault.close()
  })
  const tokenWith = (clientAssertion: string, tenant = CONTOSO) =>
    requestToken(
      {
        tokenEndpoint: endpoint(tenant),
        clientId: CLIENT_ID,
        credential: { clientAssertion },
        scopes: ['https://graph.microsoft.com/.default'],
      },
      { clientCredentials: true },
      { fetch, now: Date.now },
    )

  it('are what Entra documents, and jose verifies them', async () => {
    const assertion = await assertionFor(CONTOSO)
    const audience = endpoint(CONTOSO).href
    const { payload } = await jwtVerify(assertion, await importX509(made.certificatePem, 'PS256'), {
      audience,
      issuer: CLIENT_ID,
    })

    expect(decodeProtectedHeader(assertion)).toEqual({
      alg: 'PS256',
      typ: 'JWT',
      'x5t#S256': expect.stringMatching(/^[\w-]{43}$/),
    })
    expect(payload).toEqual({
      aud: audience,
      iss: CLIENT_ID,
      sub: CLIENT_ID,
      jti: expect.stringMatching(/^[0-9a-f]{8}-/),
      iat: expect.any(Number),
      nbf: payload.iat,
      exp: (payload.iat ?? 0) + 600,
    })
  })

  it('are accepted for tokens of the application and of a person, as often as they are sent', async () => {
    await expect(tokenWith(await assertionFor(CONTOSO))).rejects.toMatchObject({
      error: { code: 'provider_unhealthy', details: { upstream: { code: 'AADSTS700027' } } },
    })
    provider.entra.registrations.update(CLIENT_ID, { certificates: [made.certificatePem] })
    vault.journal.clear()

    const answers = [await tokenWith(await assertionFor(CONTOSO)), await tokenWith(await assertionFor(CONTOSO))]
    for (const { token, refreshToken } of answers) {
      expect(token).toMatchObject({ accessToken: expect.stringMatching(/^ey/), scopes: ['https://graph.microsoft.com/.default'] })
      expect(refreshToken).toBeUndefined()
    }
    const refreshed = await requestToken(
      {
        tokenEndpoint: endpoint(CONTOSO),
        clientId: CLIENT_ID,
        credential: { clientAssertion: await assertionFor(CONTOSO) },
        scopes: ['Mail.Send', 'offline_access'],
      },
      { refreshToken: await provider.refreshToken() },
      { fetch, now: Date.now },
    )
    expect(refreshed).toMatchObject({
      refreshToken: expect.any(String),
      token: { scopes: expect.arrayContaining(['Mail.Send']) },
    })
    expect(vault.journal.list('vault', { operation: 'sign' })).toEqual([])
  })

  it('of one tenant are refused by another', async () => {
    await expect(tokenWith(await assertionFor(FABRIKAM), CONTOSO)).rejects.toMatchObject({
      error: { details: { upstream: { code: 'AADSTS700023' } } },
    })
  })
})
