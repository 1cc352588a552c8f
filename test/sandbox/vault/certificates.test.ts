import { createHash, verify, X509Certificate } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { CertificateClient } from '@azure/keyvault-certificates'
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys'
import { SecretClient } from '@azure/keyvault-secrets'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { readPkcs12 } from '../../../shared/oauth/pkcs12.ts'
import { makeCertificate, makePfx, type TestCertificate } from '../../support/pfx.ts'
import { callers, clientOptions, collect, credentialOf, openVault, polling, refusal, tokenOf } from './vault-fixture.ts'

const PASSWORD = 'the password'
const message = Buffer.from('header.payload')
const digest = createHash('sha256').update(message).digest()
const badParameter = { status: 400, code: 'BadParameter', inner: undefined }
const forbidden = { status: 403, code: 'Forbidden', inner: 'ForbiddenByRbac' }

let rsa: TestCertificate
let curve: TestCertificate
let opened: Awaited<ReturnType<typeof openVault>>
let officer: CertificateClient
let gateway: CertificateClient
let secrets: SecretClient
beforeAll(async () => {
  rsa = await makeCertificate()
  curve = await makeCertificate({ curve: true })
  opened = await openVault()
  officer = new CertificateClient(opened.url, credentialOf(callers.officer), clientOptions)
  gateway = new CertificateClient(opened.url, credentialOf(callers.gateway), clientOptions)
  secrets = new SecretClient(opened.url, credentialOf(callers.gateway), clientOptions)
})
afterAll(() => opened.vault.close())

const signer = (keyId = '') => new CryptographyClient(keyId, credentialOf(callers.gateway), clientOptions)
const publicKey = (cer?: Uint8Array) => new X509Certificate(cer ?? Buffer.alloc(0)).publicKey
const secretOf = async (name: string) => {
  const { value = '', properties } = await secrets.getSecret(name)
  expect(properties).toMatchObject({ contentType: 'application/x-pkcs12', managed: true })
  return readPkcs12(Buffer.from(value, 'base64'), '')
}
/** The request as Microsoft documents it: the library (4.10.3) sends nothing of the policy it is given. */
const importRaw = (name: string, body: object, oid = callers.officer) =>
  fetch(`${opened.url}/certificates/${name}/import?api-version=7.6`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokenOf(oid)}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const policy = {
  key_props: { exportable: false, kty: 'RSA', key_size: 2048, reuse_key: false },
  secret_props: { contentType: 'application/x-pkcs12' },
}
const bodyOf = (certificate: TestCertificate, more: object = { policy }) => ({
  value: makePfx(certificate, PASSWORD).toString('base64'),
  pwd: PASSWORD,
  ...more,
})

describe('an imported certificate', () => {
  it('is shown, and makes a key and a secret of the same name and version', async () => {
    const made = await officer.importCertificate('rsa', makePfx(rsa, PASSWORD), { password: PASSWORD })
    const shown = await gateway.getCertificate('rsa')
    const { version } = made.properties

    expect(Buffer.from(shown.cer ?? [])).toEqual(rsa.certificate)
    expect(shown).toMatchObject({
      keyId: `${opened.url}/keys/rsa/${version}`,
      secretId: `${opened.url}/secrets/rsa/${version}`,
      policy: { exportable: true, keyType: 'RSA', keySize: 2048, subject: 'CN=gateway, O=Contoso', issuerName: 'Unknown' },
      properties: { version, enabled: true, expiresOn: new Date(new X509Certificate(rsa.certificate).validTo) },
    })
    expect(shown.properties.x509Thumbprint).toEqual(createHash('sha1').update(rsa.certificate).digest())
    const key = await new KeyClient(opened.url, credentialOf(callers.gateway), clientOptions).getKey('rsa')
    expect(key.properties).toMatchObject({ version, managed: true })
  })

  it.each([
    ['RSA', 'RS256'],
    ['EC', 'ES256'],
  ])('with a key of type %s signs by %s', async (type, algorithm) => {
    const certificate = type === 'EC' ? curve : rsa
    const made = await officer.importCertificate(`signs-${type}`, makePfx(certificate, PASSWORD), { password: PASSWORD })
    const { result } = await signer(made.keyId).sign(algorithm, digest)

    const key = { key: publicKey(made.cer), dsaEncoding: 'ieee-p1363' as const }
    expect(verify('sha256', message, key, Buffer.from(result))).toBe(true)
    expect(verify('sha256', Buffer.from('other'), key, Buffer.from(result))).toBe(false)
  })

  it('does not sign by an algorithm of another type of key', async () => {
    const version = await opened.vault.asOperator.importCertificate('curve', makePfx(curve, PASSWORD), PASSWORD)

    expect(await refusal(signer(`${opened.url}/keys/curve/${version}`).sign('PS256', digest))).toEqual(badParameter)
  })

  it('gives its private key as a secret, but never when it is not exportable', async () => {
    await officer.importCertificate('exportable', makePfx(rsa, PASSWORD), { password: PASSWORD })
    const response = await importRaw('kept', bodyOf(rsa))
    await opened.vault.asOperator.importCertificate('kept-too', makePfx(rsa, PASSWORD), PASSWORD)

    expect((await secretOf('exportable')).privateKeys).toEqual([rsa.privateKey])
    expect([response.status, await response.json()]).toMatchObject([200, { policy: { key_props: { exportable: false } } }])
    for (const name of ['kept', 'kept-too']) {
      expect(await secretOf(name)).toEqual({ privateKeys: [], certificates: [rsa.certificate] })
    }
  })

  it('gets a new version by another import, the old one staying', async () => {
    const renewed = await makeCertificate()
    const first = await officer.importCertificate('renewed', makePfx(rsa, PASSWORD), { password: PASSWORD })
    const second = await officer.importCertificate('renewed', makePfx(renewed, 'another'), { password: 'another' })

    expect(Buffer.from((await gateway.getCertificate('renewed')).cer ?? [])).toEqual(renewed.certificate)
    const old = await gateway.getCertificateVersion('renewed', first.properties.version ?? '')
    expect(Buffer.from(old.cer ?? [])).toEqual(rsa.certificate)
    const versions = await collect(gateway.listPropertiesOfCertificateVersions('renewed'))
    expect(versions.map(({ version }) => version)).toEqual([first.properties.version, second.properties.version])
    expect((await collect(gateway.listPropertiesOfCertificates())).map(({ name }) => name)).toContain('renewed')
  })

  it('does not sign while it is disabled, and is still shown', async () => {
    const made = await officer.importCertificate('disabled', makePfx(rsa, PASSWORD), { password: PASSWORD })
    const version = made.properties.version ?? ''
    await officer.updateCertificateProperties('disabled', version, { enabled: false })

    expect((await gateway.getCertificate('disabled')).properties.enabled).toBe(false)
    expect(await refusal(signer(made.keyId).sign('PS256', digest))).toMatchObject({ status: 403, inner: 'KeyDisabled' })
    expect(await refusal(secrets.getSecret('disabled'))).toMatchObject({ status: 403, inner: 'SecretDisabled' })

    await officer.updateCertificateProperties('disabled', version, { enabled: true })
    expect((await signer(made.keyId).sign('PS256', digest)).result).toHaveLength(256)
  })

  it('that has expired does not sign', async () => {
    const expired = await makeCertificate({ notBefore: new Date('2020-01-01'), notAfter: new Date('2020-02-01') })
    const version = await opened.vault.asOperator.importCertificate('expired', makePfx(expired, PASSWORD), PASSWORD)
    const response = await fetch(`${opened.url}/keys/expired/${version}/sign?api-version=7.6`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokenOf(callers.gateway)}` },
      body: JSON.stringify({ alg: 'PS256', value: digest.toString('base64url') }),
    })

    expect([response.status, await response.json()]).toMatchObject([403, { error: { innererror: { code: 'KeyExpired' } } }])
  })

  it('goes, comes back and is purged with its key and secret, which do not go alone', async () => {
    const made = await officer.importCertificate('gone', makePfx(rsa, PASSWORD), { password: PASSWORD })
    const keys = new KeyClient(opened.url, credentialOf(callers.officer), clientOptions)
    const missing = { status: 404, inner: undefined }
    expect(await refusal(keys.beginDeleteKey('gone', polling))).toMatchObject({ status: 403 })
    expect(await refusal(keys.rotateKey('gone'))).toMatchObject({ status: 409 })

    await (await officer.beginDeleteCertificate('gone', polling)).pollUntilDone()
    expect(await refusal(gateway.getCertificate('gone'))).toMatchObject({ ...missing, code: 'CertificateNotFound' })
    expect(await refusal(signer(made.keyId).sign('PS256', digest))).toMatchObject({ ...missing, code: 'KeyNotFound' })
    expect(await refusal(secrets.getSecret('gone'))).toMatchObject({ ...missing, code: 'SecretNotFound' })
    expect(await refusal(officer.importCertificate('gone', makePfx(rsa, PASSWORD), { password: PASSWORD }))).toMatchObject({
      status: 409,
      inner: 'ObjectIsDeletedButRecoverable',
    })

    await (await officer.beginRecoverDeletedCertificate('gone', polling)).pollUntilDone()
    expect((await signer(made.keyId).sign('PS256', digest)).result).toHaveLength(256)

    await (await officer.beginDeleteCertificate('gone', polling)).pollUntilDone()
    await officer.purgeDeletedCertificate('gone')
    expect(await refusal(officer.getDeletedCertificate('gone'))).toMatchObject(missing)
    expect(await refusal(keys.getDeletedKey('gone'))).toMatchObject(missing)
    expect((await officer.importCertificate('gone', makePfx(rsa, PASSWORD), { password: PASSWORD })).name).toBe('gone')
  })

  it('and its key outlive a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vault-'))
    const first = await openVault({ folder })
    const version = await first.vault.asOperator.importCertificate('kept', makePfx(rsa, PASSWORD), PASSWORD)
    await first.vault.close()
    const second = await openVault({ folder })
    const client = new CertificateClient(second.url, credentialOf(callers.gateway), clientOptions)
    const shown = await client.getCertificate('kept')

    expect(shown.properties.version).toBe(version)
    const { result } = await signer(shown.keyId).sign('RS256', digest)
    expect(verify('sha256', message, publicKey(shown.cer), Buffer.from(result))).toBe(true)
    await second.vault.close()
    await rm(folder, { recursive: true })
  })
})

describe('importing a certificate', () => {
  it.each<[string, () => object]>([
    ['a wrong password', () => bodyOf(rsa, { pwd: 'wrong' })],
    ['no password', () => bodyOf(rsa, { pwd: undefined })],
    ['no PFX', () => ({ value: Buffer.from('not a PFX').toString('base64') })],
    ['no base64', () => ({ value: '-----BEGIN CERTIFICATE-----' })],
    ['no value', () => ({})],
    ['a PFX without key', () => ({ value: makePfx(rsa, '', { privateKeys: [] }).toString('base64') })],
    ['the key of another', () => ({ value: makePfx(rsa, '', { certificates: [curve.certificate] }).toString('base64') })],
    ['a policy without content type', () => bodyOf(rsa, { policy: { key_props: { exportable: false } } })],
    ['a policy for another key', () => bodyOf(curve)],
  ])('is refused for %s', async (_, body) => {
    const response = await importRaw('refused', body())

    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'BadParameter' } }])
    expect(await refusal(gateway.getCertificate('refused'))).toMatchObject({ status: 404 })
  })

  it('is refused for a name that a key or secret has', async () => {
    opened.vault.asOperator.setSecret('taken', 'v')

    expect((await importRaw('taken', bodyOf(rsa))).status).toBe(409)
    expect((await secrets.getSecret('taken')).value).toBe('v')
  })

  it('needs an officer; reading needs a reader', async () => {
    await opened.vault.asOperator.importCertificate('guarded', makePfx(rsa, PASSWORD), PASSWORD)
    const client = (oid: string) => new CertificateClient(opened.url, credentialOf(oid), clientOptions)

    expect(await refusal(gateway.importCertificate('mine', makePfx(rsa, PASSWORD), { password: PASSWORD }))).toEqual(forbidden)
    expect(await refusal(gateway.beginDeleteCertificate('guarded', polling))).toEqual(forbidden)
    expect(await refusal(gateway.updateCertificateProperties('guarded', '', { enabled: false }))).toEqual(forbidden)
    expect(await refusal(client(callers.reader).getCertificate('guarded'))).toEqual(forbidden)
    expect((await gateway.getCertificate('guarded')).name).toBe('guarded')
  })

  it('leaves neither PFX nor password in the journal', async () => {
    opened.journal.clear()
    const body = bodyOf(rsa)
    await importRaw('noted', body)
    const noted = JSON.stringify(opened.journal.list('vault'))

    expect(noted).toContain('importCertificate')
    expect(noted).not.toContain(PASSWORD)
    expect(noted).not.toContain(body.value.slice(0, 40))
  })
})
