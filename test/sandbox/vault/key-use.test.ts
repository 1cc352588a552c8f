import { constants, createHash, createPublicKey, verify } from 'node:crypto'

import { CryptographyClient, KeyClient, type KeyVaultKey } from '@azure/keyvault-keys'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { callers, clientOptions, credentialOf, openVault, refusal, tokenOf } from './vault-fixture.ts'

const dataKey = Buffer.from('0123456789abcdef0123456789abcdef')
const message = Buffer.from('header.payload')
const digest = createHash('sha256').update(message).digest()

function publicKeyOf({ key }: KeyVaultKey) {
  const text = (value?: Uint8Array) => Buffer.from(value ?? []).toString('base64url')
  return createPublicKey({ key: { kty: 'RSA', n: text(key?.n), e: text(key?.e) }, format: 'jwk' })
}

describe('using a key', () => {
  let opened: Awaited<ReturnType<typeof openVault>>
  let keys: KeyClient
  let key: KeyVaultKey
  beforeAll(async () => {
    opened = await openVault()
    keys = new KeyClient(opened.url, credentialOf(callers.officer), clientOptions)
    key = await keys.createRsaKey('token-key')
  })
  beforeEach(() => opened.journal.clear())
  afterAll(() => opened.vault.close())

  const using = (target: KeyVaultKey | string) => new CryptographyClient(target, credentialOf(callers.gateway), clientOptions)
  const post = (path: string, body: object) =>
    fetch(`${opened.url}${path}?api-version=7.6`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokenOf(callers.gateway)}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const statuses = (operation: string) => opened.journal.list('vault', { operation }).map((entry) => entry.status)

  it('wraps on the server, even for a client that holds the public key', async () => {
    const wrapped = await using(key).wrapKey('RSA-OAEP-256', dataKey)
    const unwrapped = await using(key).unwrapKey('RSA-OAEP-256', wrapped.result)

    expect(Buffer.from(unwrapped.result)).toEqual(dataKey)
    expect(wrapped.keyID).toBe(key.id)
    const facts = { operation: 'wrapKey', name: 'token-key', version: key.properties.version }
    expect(opened.journal.list('vault', facts).map((entry) => entry.status)).toEqual([200])
    expect(statuses('unwrapKey')).toEqual([200])
  })

  it('unwraps what was wrapped with RSA-OAEP', async () => {
    const wrapped = await using(key).wrapKey('RSA-OAEP', dataKey)

    expect(Buffer.from((await using(key).unwrapKey('RSA-OAEP', wrapped.result)).result)).toEqual(dataKey)
  })

  it('uses the newest version when none is named, and says which it was', async () => {
    await opened.vault.asOperator.createKey('two')
    const newest = await opened.vault.asOperator.rotateKey('two')

    const wrapped = await using(`${opened.url}/keys/two`).wrapKey('RSA-OAEP-256', dataKey)

    expect(wrapped.keyID).toBe(`${opened.url}/keys/two/${newest}`)
  })

  it('does not unwrap with another version, or anything damaged', async () => {
    const { result } = await using(key).wrapKey('RSA-OAEP-256', dataKey)
    const other = await keys.createRsaKey('other')
    const damaged = Buffer.from(result)
    damaged[100] = (damaged[100] as number) ^ 1

    expect(await refusal(using(other).unwrapKey('RSA-OAEP-256', result))).toMatchObject({ status: 400, code: 'BadParameter' })
    expect(await refusal(using(key).unwrapKey('RSA-OAEP-256', damaged))).toMatchObject({ status: 400, code: 'BadParameter' })
  })

  it('signs a digest with PS256 so that node:crypto accepts it, a new signature each time', async () => {
    const [first, second] = [await using(key).sign('PS256', digest), await using(key).sign('PS256', digest)]
    const pss = { key: publicKeyOf(key), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

    expect(verify('sha256', message, pss, Buffer.from(first.result))).toBe(true)
    expect(verify('sha256', message, pss, Buffer.from(second.result))).toBe(true)
    expect(verify('sha256', Buffer.from('other'), pss, Buffer.from(first.result))).toBe(false)
    expect(Buffer.from(first.result)).not.toEqual(Buffer.from(second.result))
    expect(statuses('sign')).toEqual([200, 200])
  })

  it('signs a digest with RS256 so that node:crypto accepts it', async () => {
    const { result } = await using(key).sign('RS256', digest)

    expect(verify('sha256', message, publicKeyOf(key), Buffer.from(result))).toBe(true)
  })

  it.each(['PS256', 'RS256'])('verifies %s signatures, and no others', async (algorithm) => {
    const { result } = await using(key).sign(algorithm, digest)
    const other = createHash('sha256').update('other').digest()
    const raw = async (over: Buffer, signature: Uint8Array) => {
      const value = Buffer.from(signature).toString('base64url')
      const response = await post(`/keys/token-key/verify`, { alg: algorithm, digest: over.toString('base64url'), value })
      return response.json()
    }

    expect(await raw(digest, result)).toEqual({ value: true })
    expect(await raw(other, result)).toEqual({ value: false })
    expect(await raw(digest, Buffer.from(result).reverse())).toEqual({ value: false })
    expect(await raw(digest, Buffer.alloc(10, 1))).toEqual({ value: false })
  })

  it('is refused on a disabled version, while the others go on', async () => {
    const old = await keys.createRsaKey('part-disabled')
    const wrapped = await using(old).wrapKey('RSA-OAEP-256', dataKey)
    const newer = await keys.rotateKey('part-disabled')
    opened.vault.asOperator.disableKeyVersion('part-disabled', old.properties.version as string)
    const disabled = { status: 403, code: 'Forbidden', inner: 'KeyDisabled' }

    expect(await refusal(using(old).wrapKey('RSA-OAEP-256', dataKey))).toEqual(disabled)
    expect(await refusal(using(old).unwrapKey('RSA-OAEP-256', wrapped.result))).toEqual(disabled)
    expect(await refusal(using(old).sign('PS256', digest))).toEqual(disabled)
    expect((await using(newer).wrapKey('RSA-OAEP-256', dataKey)).keyID).toBe(newer.id)

    await keys.updateKeyProperties('part-disabled', old.properties.version as string, { enabled: true })
    expect(Buffer.from((await using(old).unwrapKey('RSA-OAEP-256', wrapped.result)).result)).toEqual(dataKey)
  })

  it('of an expired key opens what it wrapped, but wraps and signs no more', async () => {
    const expired = await keys.createRsaKey('expired')
    const { result } = await using(expired).wrapKey('RSA-OAEP-256', dataKey)
    await keys.updateKeyProperties('expired', expired.properties.version as string, { expiresOn: new Date('2020-01-01') })
    const value = Buffer.from(result).toString('base64url')
    const ask = async (use: string, body: object) => {
      const response = await post(`/keys/expired/${use}`, body)
      return { status: response.status, body: await response.json() }
    }
    const refused = { status: 403, body: { error: { code: 'Forbidden', innererror: { code: 'KeyExpired' } } } }

    // Plain requests, because the SDK refuses an expired key itself.
    expect(await ask('wrapkey', { alg: 'RSA-OAEP-256', value })).toMatchObject(refused)
    expect(await ask('sign', { alg: 'PS256', value: digest.toString('base64url') })).toMatchObject(refused)
    expect(await ask('unwrapkey', { alg: 'RSA-OAEP-256', value })).toMatchObject({
      status: 200,
      body: { value: dataKey.toString('base64url') },
    })
  })

  it('is refused for an operation the key is not for, an unknown algorithm and a digest of another length', async () => {
    await keys.createRsaKey('signing', { keyOps: ['sign', 'verify'] })
    const value = dataKey.toString('base64url')

    const wrap = await post('/keys/signing/wrapkey', { alg: 'RSA-OAEP-256', value })
    const algorithm = await post('/keys/token-key/sign', { alg: 'ES256', value })
    const length = await post('/keys/token-key/sign', { alg: 'PS256', value: Buffer.alloc(20).toString('base64url') })

    expect([wrap.status, algorithm.status, length.status]).toEqual([403, 400, 400])
    expect(await wrap.json()).toMatchObject({ error: { code: 'Forbidden', innererror: { code: 'KeyOperationForbidden' } } })
  })

  it('is refused without the crypto role', async () => {
    const client = new CryptographyClient(key, credentialOf(callers.reader), clientOptions)

    expect(await refusal(client.sign('PS256', digest))).toMatchObject({ status: 403, inner: 'ForbiddenByRbac' })
  })

  it('of a deleted key is not found', async () => {
    const gone = await keys.createRsaKey('gone')
    const { result } = await using(gone).wrapKey('RSA-OAEP-256', dataKey)
    opened.vault.asOperator.destroyKey('gone')

    expect(await refusal(using(gone).unwrapKey('RSA-OAEP-256', result))).toMatchObject({ status: 404, code: 'KeyNotFound' })
  })
})
