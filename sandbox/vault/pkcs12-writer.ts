import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

import { der, explicit, integer, octets, oid, sequence } from './der-writer.ts'

/** A password-based encryption: how a file names it, and the encryption itself. */
export interface Encryption {
  identifier: Buffer
  encrypt(plain: Buffer): Buffer
}

export interface Pkcs12Input {
  /** PKCS #8, DER. */
  privateKeys: Buffer[]
  /** X.509, DER. */
  certificates: Buffer[]
  password: string
  iterations?: number
  encryption?: Encryption
}

const ITERATIONS = 2048
const SALT_BYTES = 16
const SHA256_BLOCK_BYTES = 64
const HMAC_SHA256 = '1.2.840.113549.2.9'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const DATA = '1.2.840.113549.1.7.1'
const BAG = '1.2.840.113549.1.12.10.1'

/**
 * Writes a PFX as OpenSSL 3 does: certificates and key encrypted with AES-256, a MAC with SHA-256.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7292#section-4 RFC 7292 §4}
 */
export function writePkcs12({ privateKeys, certificates, password, iterations = ITERATIONS, ...more }: Pkcs12Input): Buffer {
  const encryption = more.encryption ?? aes256(password, iterations)
  const certificateBags = certificates.map((certificate) => {
    return sequence(oid(`${BAG}.3`), explicit(sequence(oid('1.2.840.113549.1.9.22.1'), explicit(octets(certificate)))))
  })
  const keyBags = privateKeys.map((key) => {
    return sequence(oid(`${BAG}.2`), explicit(sequence(encryption.identifier, octets(encryption.encrypt(key)))))
  })
  const encrypted = der(0x80, encryption.encrypt(sequence(...certificateBags)))
  const encryptedData = sequence(integer(0), sequence(oid(DATA), encryption.identifier, encrypted))
  const safes = [
    sequence(oid('1.2.840.113549.1.7.6'), explicit(encryptedData)),
    sequence(oid(DATA), explicit(octets(sequence(...keyBags)))),
  ]
  const contents = sequence(...safes)
  return sequence(integer(3), sequence(oid(DATA), explicit(octets(contents))), macOf(contents, password, iterations))
}

/** PBES2 with PBKDF2, HMAC-SHA-256 and AES-256-CBC (RFC 8018 §6.2). */
export function aes256(password: string, iterations = ITERATIONS): Encryption {
  const [salt, iv] = [randomBytes(SALT_BYTES), randomBytes(16)]
  const derivation = sequence(octets(salt), integer(iterations), sequence(oid(HMAC_SHA256), der(0x05)))
  const parameters = sequence(
    sequence(oid('1.2.840.113549.1.5.12'), derivation),
    sequence(oid('2.16.840.1.101.3.4.1.42'), octets(iv)),
  )
  return {
    identifier: sequence(oid('1.2.840.113549.1.5.13'), parameters),
    encrypt: (plain) => {
      const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(password, salt, iterations, 32, 'sha256'), iv)
      return Buffer.concat([cipher.update(plain), cipher.final()])
    },
  }
}

/** RFC 7292 §4 and §B.2: the key is the first block, since HMAC-SHA-256 wants no more. */
function macOf(contents: Buffer, password: string, iterations: number): Buffer {
  const salt = randomBytes(SALT_BYTES)
  const encoded = Buffer.from(`${password}\0`, 'utf16le').swap16()
  const fill = (bytes: Buffer) => Buffer.alloc(Math.ceil(bytes.length / SHA256_BLOCK_BYTES) * SHA256_BLOCK_BYTES, bytes)
  let key = Buffer.concat([Buffer.alloc(SHA256_BLOCK_BYTES, 3), fill(salt), fill(encoded)])
  for (let round = 0; round < iterations; round += 1) key = createHash('sha256').update(key).digest()
  const digest = createHmac('sha256', key).update(contents).digest()
  return sequence(sequence(sequence(oid(SHA256), der(0x05)), octets(digest)), octets(salt), integer(iterations))
}
