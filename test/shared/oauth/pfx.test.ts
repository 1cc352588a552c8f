import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'

import { integer, oid, sequence } from '../../../sandbox/vault/der-writer.ts'
import { aes256, type Encryption } from '../../../sandbox/vault/pkcs12-writer.ts'
import { AppError } from '../../../shared/errors.ts'
import { childrenOf, readBer } from '../../../shared/oauth/ber.ts'
import { checkPfx } from '../../../shared/oauth/pfx.ts'
import { KeyUsageFlags, makeCertificate, makePfx, type TestCertificate } from '../../support/pfx.ts'

const PASSWORD = 'pässwörd 🔑'
const DAY_MS = 86_400_000
const now = Date.now()
const ago = (days: number) => new Date(now - days * DAY_MS)

/** The reason and pointer of the refusal that is expected. */
async function refusal(pfx: Buffer, password = PASSWORD) {
  const error = await checkPfx(pfx, password, now).then(
    () => expect.fail('The PFX was accepted.'),
    (error: unknown) => error,
  )
  if (!(error instanceof AppError)) throw error
  const [{ pointer, message } = { pointer: '', message: '' }] = error.details.errors ?? []
  expect(error.code).toBe('invalid_request')
  expect(message).toBe(error.message)
  return [error.details.reason, pointer]
}

/** What names an encryption that must be refused before anything is decrypted. */
const outdated = (name: string): Encryption => ({ identifier: sequence(oid(name), sequence()), encrypt: (plain) => plain })

let rsa: TestCertificate
let curve: TestCertificate
beforeAll(async () => {
  rsa = await makeCertificate({ keyUsages: KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment })
  curve = await makeCertificate({ curve: true })
})

describe('a PFX', () => {
  it('that is good tells its certificate, and nothing of its key', async () => {
    const found = await checkPfx(makePfx(rsa, PASSWORD), PASSWORD, now)

    expect(found).toEqual({
      thumbprintSha256: createHash('sha256').update(rsa.certificate).digest('base64url'),
      subject: 'CN=gateway, O=Contoso',
      notBefore: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      expiresOn: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      keySize: 2048,
      certificateDer: rsa.certificate,
    })
    expect(Date.parse(found.expiresOn) - now).toBeGreaterThan(29 * DAY_MS)
    expect(Date.parse(found.notBefore)).toBeLessThan(now)
  })

  it('may have an empty password, a chain, and a certificate without key usage', async () => {
    const plain = await makeCertificate()
    const chain = { certificates: [curve.certificate, plain.certificate, rsa.certificate] }

    expect((await checkPfx(makePfx(plain, '', chain), '', now)).certificateDer).toEqual(plain.certificate)
  })

  it.each<[string, string, string, () => Buffer | Promise<Buffer>]>([
    ['is none', 'pfx_not_pfx', '/pfx', () => Buffer.from('-----BEGIN CERTIFICATE-----')],
    ['is a bare certificate', 'pfx_not_pfx', '/pfx', () => rsa.certificate],
    ['is empty', 'pfx_not_pfx', '/pfx', () => Buffer.alloc(0)],
    ['is too large', 'pfx_too_large', '/pfx', () => makePfx(rsa, PASSWORD, { certificates: [Buffer.alloc(70_000)] })],
    ['has another password', 'pfx_password', '/password', () => makePfx(rsa, 'another')],
    ['has no private key', 'pfx_no_key', '/pfx', () => makePfx(rsa, PASSWORD, { privateKeys: [] })],
    [
      'has two private keys',
      'pfx_several_keys',
      '/pfx',
      () => makePfx(rsa, PASSWORD, { privateKeys: [rsa.privateKey, curve.privateKey] }),
    ],
    ['has no certificate', 'pfx_no_certificate', '/pfx', () => makePfx(rsa, PASSWORD, { certificates: [] })],
    ['has a certificate that is none', 'pfx_not_pfx', '/pfx', () => makePfx(rsa, PASSWORD, { certificates: [Buffer.from('x')] })],
    ['has a key that is none', 'pfx_not_pfx', '/pfx', () => makePfx(rsa, PASSWORD, { privateKeys: [Buffer.from('x')] })],
    [
      'has expired',
      'pfx_expired',
      '/pfx',
      async () => makePfx(await makeCertificate({ notBefore: ago(9), notAfter: ago(1) }), PASSWORD),
    ],
    [
      'is not valid yet',
      'pfx_not_yet_valid',
      '/pfx',
      async () => makePfx(await makeCertificate({ notBefore: ago(-1) }), PASSWORD),
    ],
    ['has a key on a curve', 'pfx_key_type', '/pfx', () => makePfx(curve, PASSWORD)],
    ['has a key of 1024 bits', 'pfx_key_size', '/pfx', async () => makePfx(await makeCertificate({ bits: 1024 }), PASSWORD)],
    [
      'has the key of another certificate',
      'pfx_mismatch',
      '/pfx',
      async () => makePfx(rsa, PASSWORD, { certificates: [(await makeCertificate()).certificate, curve.certificate] }),
    ],
    [
      'has a certificate that may not sign',
      'pfx_key_usage',
      '/pfx',
      async () =>
        makePfx(await makeCertificate({ keyUsages: KeyUsageFlags.keyEncipherment | KeyUsageFlags.keyCertSign }), PASSWORD),
    ],
    [
      'is encrypted with RC2 of 40 bits',
      'pfx_encryption',
      '/pfx',
      () => makePfx(rsa, PASSWORD, { encryption: outdated('1.2.840.113549.1.12.1.6') }),
    ],
    [
      'is encrypted with 3DES',
      'pfx_encryption',
      '/pfx',
      () => makePfx(rsa, PASSWORD, { encryption: outdated('1.2.840.113549.1.12.1.3') }),
    ],
  ])('that %s is refused as %s at %s', async (_, reason, pointer, make) => {
    expect(await refusal(await make())).toEqual([reason, pointer])
  })

  it('of outdated encryption comes with the command that mends it', async () => {
    const pfx = makePfx(rsa, PASSWORD, { encryption: outdated('1.2.840.113549.1.12.1.3') })
    await expect(checkPfx(pfx, PASSWORD, now)).rejects.toThrow(
      'openssl pkcs12 -export -keypbe AES-256-CBC -certpbe AES-256-CBC -macalg SHA256',
    )
  })

  it('cannot keep the gateway busy by asking for endless key derivation', async () => {
    const { identifier } = aes256(PASSWORD, 2_000_001)
    const [version, contents, mac] = childrenOf(readBer(makePfx(rsa, PASSWORD))).map(({ encoded }) => encoded) as Buffer[]
    const [digest, salt] = childrenOf(readBer(mac as Buffer)).map(({ encoded }) => encoded) as Buffer[]
    const greedyMac = sequence(digest as Buffer, salt as Buffer, integer(2_000_001))

    expect(await refusal(makePfx(rsa, PASSWORD, { encryption: { identifier, encrypt: (plain) => plain } }))).toEqual([
      'pfx_iterations',
      '/pfx',
    ])
    expect(await refusal(sequence(version as Buffer, contents as Buffer, greedyMac))).toEqual(['pfx_iterations', '/pfx'])
  })

  it('is checked in memory: V10, nothing is written to disk', () => {
    const module = new URL('../../../shared/oauth/pfx.ts', import.meta.url).href
    const code = `const { checkPfx } = await import('${module}')
      console.log((await checkPfx(Buffer.from(process.argv[1], 'base64'), 'p', Date.now())).keySize)`
    // A process that may write to no file at all.
    const args = ['--permission', '--allow-fs-read=*', '--input-type=module', '-e', code, makePfx(rsa, 'p').toString('base64')]

    expect(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout).toBe('2048\n')
  })
})

const openssl = spawnSync('openssl', ['version']).status === 0

describe.skipIf(!openssl)('a PFX of OpenSSL', () => {
  function exported(...options: string[]): Buffer {
    const folder = mkdtempSync(join(tmpdir(), 'openssl-'))
    const [key, certificate, pfx] = ['key', 'certificate', 'pfx'].map((name) => join(folder, name)) as [string, string, string]
    const pem = rsa.privateKey.toString('base64').replace(/(.{64})/g, '$1\n')
    writeFileSync(key, `-----BEGIN PRIVATE KEY-----\n${pem}\n-----END PRIVATE KEY-----\n`)
    writeFileSync(certificate, rsa.certificatePem)
    const files = ['-inkey', key, '-in', certificate, '-out', pfx, '-passout', `pass:${PASSWORD}`]
    const { status, stderr } = spawnSync('openssl', ['pkcs12', '-export', ...files, ...options], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
    const bytes = readFileSync(pfx)
    rmSync(folder, { recursive: true })
    return bytes
  }

  it.each([
    ['as it comes', []],
    ['by the command that the gateway shows', ['-keypbe', 'AES-256-CBC', '-certpbe', 'AES-256-CBC', '-macalg', 'SHA256']],
    [
      'with AES-128, SHA-512 and many rounds',
      ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-192-CBC', '-macalg', 'SHA512', '-iter', '100000'],
    ],
    ['with certificates that are not encrypted', ['-certpbe', 'NONE']],
    ['with a key that is not encrypted', ['-keypbe', 'NONE']],
  ])('%s is read', async (_, options) => {
    expect((await checkPfx(exported(...options), PASSWORD, now)).certificateDer).toEqual(rsa.certificate)
  })

  it.each([
    ['3DES', ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES'], 'pfx_encryption'],
    ['3DES for the key only', ['-keypbe', 'PBE-SHA1-3DES'], 'pfx_encryption'],
    ['no MAC', ['-nomac'], 'pfx_unprotected'],
    ['no key', ['-nokeys'], 'pfx_no_key'],
  ])('with %s is refused', async (_, options, reason) => {
    expect((await refusal(exported(...options)))[0]).toBe(reason)
  })
})

describe('hostile bytes', () => {
  /** The error, or nothing when the bytes still are the good file. */
  const onlyAppErrors = async (bytes: Buffer) => {
    const found = await checkPfx(bytes, PASSWORD, now).catch((error: unknown) => error)
    if (found instanceof AppError) return found
    expect(found).toMatchObject({ certificateDer: rsa.certificate })
  }

  it('that are random are refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        expect(await onlyAppErrors(Buffer.from(bytes))).toBeInstanceOf(AppError)
      }),
      { numRuns: 500 },
    )
  })

  it('cut from a good file are refused at every length', async () => {
    const pfx = makePfx(rsa, PASSWORD, { iterations: 1 })
    for (let length = 0; length < pfx.length; length += 7) {
      expect(await refusal(pfx.subarray(0, length))).toEqual(['pfx_not_pfx', '/pfx'])
    }
  })

  it('changed in a good file never pass as another certificate', async () => {
    const pfx = makePfx(rsa, PASSWORD, { iterations: 1 })
    await fc.assert(
      fc.asyncProperty(fc.nat(pfx.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = Buffer.from(pfx)
        changed[at] = (changed[at] as number) ^ change
        await onlyAppErrors(changed)
      }),
      { numRuns: 500 },
    )
  })

  it('under a right MAC are refused too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const junk = Buffer.from(bytes)
        const input = { iterations: 1, privateKeys: [junk], certificates: [junk] }
        expect(await onlyAppErrors(makePfx(rsa, PASSWORD, input))).toBeInstanceOf(AppError)
      }),
      { numRuns: 200 },
    )
  })
})
