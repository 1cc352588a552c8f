import { constants, createHash, verify, X509Certificate } from 'node:crypto'

import { SecretClient } from '@azure/keyvault-secrets'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { createVaultCertificates } from '../../../shared/azure/key-vault-certificates.ts'
import { AppError } from '../../../shared/errors.ts'
import { readPkcs12 } from '../../../shared/oauth/pkcs12.ts'
import { callers, clientOptions, credentialOf, openVault } from '../../sandbox/vault/vault-fixture.ts'
import { makeCertificate, makePfx, type TestCertificate } from '../../support/pfx.ts'

const PASSWORD = 'the canary password'
const input = Buffer.from('header.payload')
const digest = createHash('sha256').update(input).digest()

let certificate: TestCertificate
let opened: Awaited<ReturnType<typeof openVault>>
beforeAll(async () => {
  certificate = await makeCertificate()
  opened = await openVault()
})
beforeEach(() => opened.faults.clear())
afterAll(() => opened.vault.close())

const certificatesOf = (oid: string) =>
  createVaultCertificates({ url: new URL(opened.url), credential: async () => credentialOf(oid) })
const gateway = () => certificatesOf(callers.gateway)
const officer = () => certificatesOf(callers.officer)

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => expect.fail('The vault did it.'),
    (error: unknown) => error,
  )
  if (!(error instanceof AppError)) throw error
  return error
}

/** Every text that can be reached from a value, hidden members too: what a log could ever show. */
function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || seen.has(value)) return []
  seen.add(value)
  return Reflect.ownKeys(value).flatMap((key) => textsIn(Reflect.get(value, key), seen))
}

describe('a certificate of the vault', () => {
  it('is read with what a client assertion needs, in its newest version', async () => {
    await opened.vault.asOperator.importCertificate('rolled', makePfx(await makeCertificate(), PASSWORD), PASSWORD)
    const version = await opened.vault.asOperator.importCertificate('rolled', makePfx(certificate, PASSWORD), PASSWORD)

    expect(await gateway().read('rolled')).toEqual({
      name: 'rolled',
      version,
      thumbprintSha256: createHash('sha256').update(certificate.certificate).digest('base64url'),
      expiresOn: `${new Date(new X509Certificate(certificate.certificate).validTo).toISOString().slice(0, 19)}Z`,
      keyType: 'rsa',
      keySize: 2048,
    })
  })

  it('signs by PS256 with the version asked for, without another question than the first', async () => {
    await opened.vault.asOperator.importCertificate('signing', makePfx(certificate, PASSWORD), PASSWORD)
    const certificates = gateway()
    const read = await certificates.read('signing')
    await opened.vault.asOperator.importCertificate('signing', makePfx(await makeCertificate(), PASSWORD), PASSWORD)
    opened.journal.clear()
    const signatures = [await certificates.sign(read, digest), await certificates.sign(read, digest)]

    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    const { publicKey } = new X509Certificate(certificate.certificate)
    for (const signature of signatures) expect(verify('sha256', input, { key: publicKey, ...pss }, signature)).toBe(true)
    expect(opened.journal.list('vault', { operation: 'sign', version: read.version })).toHaveLength(2)
    expect(opened.journal.list('vault', { operation: 'getCertificate' })).toHaveLength(0)
  })

  it('that is disabled, missing or withheld is the operator’s to mend', async () => {
    const version = await opened.vault.asOperator.importCertificate('off', makePfx(certificate, PASSWORD), PASSWORD)
    await fetch(`${opened.url}/certificates/off/${version}?api-version=7.6`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${(await credentialOf(callers.officer).getToken(''))?.token}` },
      body: JSON.stringify({ attributes: { enabled: false } }),
    })
    const expected = { code: 'store_unavailable', action: 'operator' }

    expect(await refusal(gateway().read('off'))).toMatchObject(expected)
    expect(await refusal(gateway().sign({ name: 'off', version }, digest))).toMatchObject(expected)
    expect(await refusal(gateway().read('missing'))).toMatchObject(expected)
    expect(await refusal(certificatesOf(callers.stranger).read('rolled'))).toMatchObject(expected)
  })

  it.each(['', '../secrets/x', 'a/b', 'a b', "a'; rm", 'x'.repeat(128)])('cannot be named %j', async (name) => {
    opened.journal.clear()
    const expected = { code: 'invalid_request', details: { errors: [{ pointer: '/vaultName' }] } }

    expect(await refusal(gateway().read(name))).toMatchObject(expected)
    expect(await refusal(gateway().sign({ name, version: '0' }, digest))).toMatchObject(expected)
    expect(await refusal(officer().importPfx(name, Buffer.alloc(0), '', 2048))).toMatchObject(expected)
    expect(opened.journal.list('vault')).toEqual([])
  })
})

describe('importing a PFX', () => {
  it('leaves the private key in the vault for good', async () => {
    const imported = await officer().importPfx('imported', makePfx(certificate, PASSWORD), PASSWORD, 2048)
    const secrets = new SecretClient(opened.url, credentialOf(callers.officer), clientOptions)
    const { value = '' } = await secrets.getSecret('imported')

    expect(imported).toEqual(await gateway().read('imported'))
    expect(await readPkcs12(Buffer.from(value, 'base64'), '')).toEqual({
      privateKeys: [],
      certificates: [certificate.certificate],
    })
  })

  it('fails loudly when the vault made the key exportable all the same', async () => {
    const id = `${opened.url}/certificates/exportable/0123`
    const body = { id, cer: certificate.certificate.toString('base64'), policy: { key_props: { exportable: true } } }
    const answer = { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    opened.faults.add({ service: 'vault', match: { facts: { operation: 'importCertificate' } }, answer })

    const error = await refusal(officer().importPfx('exportable', makePfx(certificate, PASSWORD), PASSWORD, 2048))

    expect(error).toMatchObject({ code: 'store_unavailable', action: 'operator', message: expect.stringContaining('delete it') })
  })

  it('tells the operator the command where the gateway may not import', async () => {
    const error = await refusal(gateway().importPfx('mine', makePfx(certificate, PASSWORD), PASSWORD, 2048))

    expect(error).toMatchObject({ code: 'store_unavailable', action: 'operator', details: { upstream: { code: 'Forbidden' } } })
    const { text = '' } = error.details.nextStep ?? {}
    expect(text).toContain(
      "az keyvault certificate import --vault-name localhost --name mine --file certificate.pfx --password '<password>'",
    )
    const policy = JSON.parse(/--policy '(.*)'/.exec(text)?.[1] ?? '')
    expect(policy).toMatchObject({
      key_properties: { exportable: false },
      secret_properties: { content_type: 'application/x-pkcs12' },
    })
  })

  it('says what is wrong with the PFX or the name', async () => {
    opened.vault.asOperator.setSecret('taken', 'v')
    const pfx = makePfx(certificate, PASSWORD)

    expect(await refusal(officer().importPfx('new', pfx, 'wrong', 2048))).toMatchObject({
      code: 'invalid_request',
      details: { errors: [{ pointer: '/pfx' }] },
    })
    expect(await refusal(officer().importPfx('taken', pfx, PASSWORD, 2048))).toMatchObject({
      code: 'conflict',
      action: 'operator',
    })
  })

  it('never carries PFX or password in its errors', async () => {
    const pfx = makePfx(certificate, PASSWORD)
    for (const certificates of [gateway(), officer()]) {
      const error = await refusal(certificates.importPfx('new', pfx, `wrong ${PASSWORD}`, 2048))
      const seen = textsIn(error).join('\n')
      expect(seen).toContain(error.message)
      expect(seen).not.toContain(PASSWORD)
      expect(seen).not.toContain(pfx.toString('base64').slice(0, 40))
    }
  })
})
