import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'

import { toSeconds } from '../accounts/refresh-decision.ts'
import { AppError } from '../errors.ts'
import { BerError, childrenOf, expect, octetsOf, oidOf, readBer, tags } from './ber.ts'
import { type Pkcs12, readPkcs12 } from './pkcs12.ts'
import { Pkcs12Error, type Pkcs12Problem } from './pkcs12-encryption.ts'

/** A certificate that may sign client assertions. Times are RFC 3339 UTC. */
export interface PfxCheck {
  /** `x5t#S256`: base64url of the SHA-256 of the DER. */
  thumbprintSha256: string
  subject: string
  notBefore: string
  expiresOn: string
  /** Bits of the RSA key. */
  keySize: number
  /** For the app registration; holds nothing secret. */
  certificateDer: Buffer
}

type PfxProblem =
  | Pkcs12Problem
  | 'too_large'
  | 'not_pfx'
  | 'no_key'
  | 'several_keys'
  | 'no_certificate'
  | 'mismatch'
  | 'key_type'
  | 'key_size'
  | 'key_usage'
  | 'expired'
  | 'not_yet_valid'

const REEXPORT =
  'Export it again: openssl pkcs12 -export -keypbe AES-256-CBC -certpbe AES-256-CBC -macalg SHA256 -in certificate.pem -inkey key.pem -out certificate.pfx'

const texts: Record<PfxProblem, string> = {
  too_large: 'The PFX is larger than 64 KiB; it should hold one certificate, its key and at most the chain.',
  not_pfx: 'This is not a PFX (PKCS #12) file, or it is damaged.',
  password: 'The password does not open the PFX.',
  encryption: `The PFX is encrypted by an outdated or unusual method (RC2, 3DES or another than AES). ${REEXPORT}`,
  iterations: `The PFX asks for more rounds of key derivation than the gateway spends on a file. ${REEXPORT}`,
  unprotected: `The PFX has no check by password (MAC). ${REEXPORT}`,
  no_key: 'The PFX holds no private key; export the certificate together with its key.',
  several_keys: 'The PFX holds more than one private key; export only the certificate of this application.',
  no_certificate: 'The PFX holds no certificate; export the key together with its certificate.',
  mismatch: 'No certificate in the PFX belongs to its private key.',
  key_type: 'The key is not an RSA key; Microsoft Entra takes client assertions signed by RSA only (PS256).',
  key_size:
    'The key must be RSA with 2048, 3072 or 4096 bits; anything shorter is not safe, and others the key vault does not take.',
  key_usage: 'The key usage of the certificate does not include digitalSignature, so it may not sign client assertions.',
  expired: 'The certificate has expired.',
  not_yet_valid: 'The certificate is not valid yet.',
}

const MAX_PFX_BYTES = 64 * 1024
const KEY_SIZES = [2048, 3072, 4096]
const KEY_USAGE = '2.5.29.15'
/** The first bit of KeyUsage (RFC 5280 §4.2.1.3). */
const DIGITAL_SIGNATURE = 0x80

/**
 * Tells whether a PFX is good for client assertions, in memory only: the private key is looked at, wiped and not returned.
 *
 * @param now milliseconds
 * @throws AppError `invalid_request` with the pointer `/pfx` or `/password` and the reason `pfx_{problem}`
 */
export async function checkPfx(pfx: Buffer, password: string, now: number): Promise<PfxCheck> {
  const { privateKeys, certificates } = await open(pfx, password)
  try {
    return check(privateKeys, certificates, now)
  } finally {
    for (const key of privateKeys) key.fill(0)
  }
}

async function open(pfx: Buffer, password: string): Promise<Pkcs12> {
  if (pfx.length > MAX_PFX_BYTES) throw refused('too_large')
  try {
    return await readPkcs12(pfx, password)
  } catch (cause) {
    if (cause instanceof Pkcs12Error) throw refused(cause.problem, cause)
    if (cause instanceof BerError) throw refused('not_pfx', cause)
    throw cause
  }
}

function check([keyBytes, ...moreKeys]: Buffer[], certificates: Buffer[], now: number): PfxCheck {
  if (!keyBytes) throw refused('no_key')
  if (moreKeys.length > 0) throw refused('several_keys')
  if (certificates.length === 0) throw refused('no_certificate')
  const key = parsed(() => createPrivateKey({ key: keyBytes, format: 'der', type: 'pkcs8' }))
  const keySize = checkedKeySize(key)
  const certificate = certificates.map((bytes) => parsed(() => new X509Certificate(bytes))).find((one) => belongs(one, key))
  if (!certificate) throw refused('mismatch')

  const [notBefore, expiresOn] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  if (Number.isNaN(notBefore) || Number.isNaN(expiresOn)) throw refused('not_pfx')
  if (now >= expiresOn) throw refused('expired')
  if (now < notBefore) throw refused('not_yet_valid')
  if (!parsed(() => maySign(certificate.raw))) throw refused('key_usage')
  return {
    thumbprintSha256: createHash('sha256').update(certificate.raw).digest('base64url'),
    subject: (certificate.subject ?? '').replaceAll('\n', ', '),
    notBefore: toSeconds(notBefore),
    expiresOn: toSeconds(expiresOn),
    keySize,
    certificateDer: certificate.raw,
  }
}

function checkedKeySize(key: KeyObject): number {
  if (key.asymmetricKeyType !== 'rsa') throw refused('key_type')
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (!KEY_SIZES.includes(bits)) throw refused('key_size')
  return bits
}

/** Keys of different kinds are compared by an exception. */
function belongs(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key)
  } catch {
    return false
  }
}

/** Without the extension a key may be used for everything. @see {@link https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.3 RFC 5280 §4.2.1.3} */
function maySign(certificate: Buffer): boolean {
  const [toBeSigned] = childrenOf(readBer(certificate))
  const wrapped = childrenOf(toBeSigned).find(({ tag }) => tag === tags.context3)
  const extensions = wrapped ? childrenOf(childrenOf(wrapped, tags.context3)[0]) : []
  const keyUsage = extensions.map((extension) => childrenOf(extension)).find(([id]) => oidOf(id) === KEY_USAGE)
  if (!keyUsage) return true
  const bits = expect(readBer(octetsOf(keyUsage.at(-1))), tags.bitString).content
  // The first byte counts the unused bits at the end.
  return ((bits[1] ?? 0) & DIGITAL_SIGNATURE) !== 0
}

/** What node:crypto or the reader cannot make sense of is damaged. */
function parsed<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw refused('not_pfx', cause)
  }
}

function refused(problem: PfxProblem, cause?: unknown): AppError {
  const message = texts[problem]
  const pointer = problem === 'password' ? '/password' : '/pfx'
  return new AppError('invalid_request', message, { reason: `pfx_${problem}`, errors: [{ pointer, message }], cause })
}
