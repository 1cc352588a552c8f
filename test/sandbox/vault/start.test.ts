import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ManagedIdentityCredential } from '@azure/identity'
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys'
import { SecretClient } from '@azure/keyvault-secrets'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { startIdentity } from '../../../sandbox/identity/start.ts'
import { Journal } from '../../../sandbox/journal.ts'
import { MANAGED_IDENTITY } from '../../../sandbox/people.ts'
import { AUTHORITY, callers, clientOptions, credentialOf, openVault, refusal, tokenOf } from './vault-fixture.ts'

type Opened = Awaited<ReturnType<typeof openVault>>

describe('the vault', () => {
  let opened: Opened
  beforeAll(async () => {
    opened = await openVault()
    opened.vault.asOperator.setSecret('client-secret', 'the value')
  })
  beforeEach(() => {
    opened.journal.clear()
    opened.faults.clear()
  })
  afterAll(() => opened.vault.close())

  const ask = (path: string, token?: string) =>
    fetch(`${opened.url}${path}`, { headers: token ? { authorization: `Bearer ${token}` } : {} })
  const secretPath = '/secrets/client-secret?api-version=7.6'

  it('answers a request without a token with the authority to ask', async () => {
    const response = await ask(secretPath)

    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer authorization="${AUTHORITY}", resource="https://vault.azure.net"`,
    )
    expect(await response.json()).toMatchObject({ error: { code: 'Unauthorized' } })
  })

  it('makes the SDK ask once without a token, then with it', async () => {
    const client = new SecretClient(opened.url, credentialOf(callers.gateway), clientOptions)
    await client.getSecret('client-secret')
    await client.getSecret('client-secret')

    expect(opened.journal.list('vault').map((entry) => entry.status)).toEqual([401, 200, 200])
  })

  it.each([
    ['a token it cannot verify', 'nonsense', 'AKV10022'],
    ['a token of another tenant', tokenOf(callers.gateway, 'another-tenant'), 'AKV10032'],
  ])('refuses %s', async (_case, token, text) => {
    const response = await ask(secretPath, token)

    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain(AUTHORITY)
    expect(await response.json()).toMatchObject({ error: { code: 'Unauthorized', message: expect.stringContaining(text) } })
  })

  it('demands an api-version and refuses unknown operations', async () => {
    const token = tokenOf(callers.gateway)
    const withoutVersion = await ask('/secrets/client-secret', token)
    const unknown = await ask('/rng?api-version=7.6', token)

    expect([withoutVersion.status, unknown.status]).toEqual([400, 404])
    expect(await withoutVersion.json()).toMatchObject({ error: { code: 'BadParameter' } })
  })

  it('takes a managed identity all the way', async () => {
    const { clientId, principalId } = MANAGED_IDENTITY
    const issue = () => ({ token: tokenOf(principalId), expiresOn: new Date(Date.now() + 3_600_000) })
    const identityJournal = new Journal()
    const identity = await startIdentity({ ...opened, journal: identityJournal, header: 'header', clientId, issue })
    vi.stubEnv('IDENTITY_ENDPOINT', identity.endpoint)
    vi.stubEnv('IDENTITY_HEADER', 'header')

    const client = new SecretClient(opened.url, new ManagedIdentityCredential({ clientId }), clientOptions)

    expect((await client.getSecret('client-secret')).value).toBe('the value')
    expect(identityJournal.list('identity', { resource: 'https://vault.azure.net' })).toHaveLength(1)
    vi.unstubAllEnvs()
    await identity.close()
  })

  it('is obeyed by the SDK when it throttles', async () => {
    const client = new SecretClient(opened.url, credentialOf(callers.gateway), clientOptions)
    const body = JSON.stringify({ error: { code: 'Throttled', message: 'Too many requests.' } })
    const headers = { 'retry-after': '1', 'content-type': 'application/json' }
    opened.faults.add({
      service: 'vault',
      match: { facts: { operation: 'getSecret' } },
      answer: { status: 429, headers, body },
      times: 1,
    })
    const startedAt = performance.now()

    expect((await client.getSecret('client-secret')).value).toBe('the value')
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990)
    expect(opened.journal.list('vault', { operation: 'getSecret' }).map((entry) => entry.status)).toEqual([429, 200])
  })

  it('writes operation, name and version to the journal, and no value or token', async () => {
    const client = new SecretClient(opened.url, credentialOf(callers.gateway), clientOptions)
    const { properties } = await client.getSecret('client-secret')

    expect(opened.journal.list('vault', { operation: 'getSecret' })).toMatchObject([
      { status: 200, facts: { name: 'client-secret', version: properties.version } },
    ])
    expect(JSON.stringify(opened.journal.list())).not.toMatch(new RegExp(`the value|${MANAGED_IDENTITY.tenantId}/`))
  })

  it('allows what a role allows and answers 403 beyond it', async () => {
    const operations = (oid: string) => {
      const secrets = new SecretClient(opened.url, credentialOf(oid), clientOptions)
      const keys = new KeyClient(opened.url, credentialOf(oid), clientOptions)
      return {
        read: () => secrets.getSecret('client-secret'),
        set: () => secrets.setSecret('new', 'v'),
        key: () => keys.getKey('k'),
      }
    }
    const forbidden = { status: 403, code: 'Forbidden', inner: 'ForbiddenByRbac' }
    const missing = { status: 404, code: 'KeyNotFound', inner: undefined }

    expect(await refusal(operations(callers.gateway).set())).toEqual(forbidden)
    expect(await refusal(operations(callers.gateway).key())).toEqual(missing)
    expect(await refusal(operations(callers.reader).key())).toEqual(forbidden)
    expect((await operations(callers.reader).read()).value).toBe('the value')
    expect(await refusal(operations(callers.stranger).read())).toEqual(forbidden)

    opened.vault.grant(callers.stranger, { secretsRead: true })
    expect((await operations(callers.stranger).read()).value).toBe('the value')
  })

  it('gives the managed identity crypto and secrets user when nothing else is said', async () => {
    const plain = await openVault({ access: undefined })
    plain.vault.asOperator.setSecret('s', 'v')
    const client = (oid: string) => new SecretClient(plain.url, credentialOf(oid), clientOptions)

    expect((await client(MANAGED_IDENTITY.principalId).getSecret('s')).value).toBe('v')
    expect(await refusal(client(callers.officer).getSecret('s'))).toMatchObject({ status: 403 })
    await plain.vault.close()
  })
})

describe('a vault in a folder', () => {
  it('has the same secrets, keys and versions after a restart, on another port', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vault-'))
    const first = await openVault({ folder })
    const secretVersion = first.vault.asOperator.setSecret('s', 'v', { expiresOn: new Date('2030-01-01T00:00:00Z') })
    const keyVersion = await first.vault.asOperator.createKey('token-key')
    const credential = credentialOf(callers.gateway)
    const wrapped = await new CryptographyClient(`${first.url}/keys/token-key/${keyVersion}`, credential, clientOptions).wrapKey(
      'RSA-OAEP-256',
      Buffer.from('data key'),
    )
    await first.vault.close()

    const second = await openVault({ folder })
    const secret = await new SecretClient(second.url, credential, clientOptions).getSecret('s')
    const kid = `${second.url}/keys/token-key/${keyVersion}`
    const unwrapped = await new CryptographyClient(kid, credential, clientOptions).unwrapKey('RSA-OAEP-256', wrapped.result)

    expect(second.url).not.toBe(first.url)
    expect(secret).toMatchObject({
      value: 'v',
      properties: { version: secretVersion, expiresOn: new Date('2030-01-01T00:00:00Z') },
    })
    expect(Buffer.from(unwrapped.result).toString()).toBe('data key')
    expect(unwrapped.keyID).toBe(kid)
    await second.vault.close()
    await rm(folder, { recursive: true })
  })
})
