import { constants, createHash, type KeyObject, privateEncrypt, publicDecrypt, randomBytes, timingSafeEqual } from 'node:crypto'

import { signP256 } from './ecdsa.ts'

/** Bytes of a SHA-256 digest, and of the salt that RFC 7518 §3.5 asks for with it. */
export const DIGEST_BYTES = 32

/** The DER prefix of a SHA-256 `DigestInfo`, RFC 8017 §9.2 note 1. */
const SHA256_DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')

export interface SignatureAlgorithm {
  keyType: 'rsa' | 'ec'
  sign(key: KeyObject, digest: Buffer): Buffer
  /** Absent where this stand-in only signs. */
  verify?(key: KeyObject, digest: Buffer, signature: Buffer): boolean
}

/** RSASSA-PKCS1-v1_5 with SHA-256 over a ready digest. */
const rs256: SignatureAlgorithm = {
  keyType: 'rsa',
  sign: (key, digest) => {
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([SHA256_DIGEST_INFO, digest]))
  },
  verify: (key, digest, signature) => {
    const expected = Buffer.concat([SHA256_DIGEST_INFO, digest])
    const found = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature)
    return found.length === expected.length && timingSafeEqual(found, expected)
  },
}

/** RSASSA-PSS with SHA-256 over a ready digest, which node:crypto cannot do: the padding is made here. */
const ps256: SignatureAlgorithm = {
  keyType: 'rsa',
  sign: (key, digest) => {
    return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encodePss(digest, randomBytes(DIGEST_BYTES), bitsOf(key)))
  },
  verify: (key, digest, signature) => {
    return verifyPss(digest, publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature), bitsOf(key))
  },
}

/** By their JOSE names. */
export const signatureAlgorithms: Record<string, SignatureAlgorithm> = {
  RS256: rs256,
  PS256: ps256,
  ES256: { keyType: 'ec', sign: signP256 },
}

const bitsOf = (key: KeyObject) => key.asymmetricKeyDetails?.modulusLength ?? 0

/**
 * EMSA-PSS-ENCODE. The modulus is a whole number of bytes here, so one leading bit of the encoded message is zero.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8017#section-9.1.1 RFC 8017 §9.1.1}
 */
function encodePss(digest: Buffer, salt: Buffer, modulusBits: number): Buffer {
  const length = modulusBits / 8
  const hash = hashOf(digest, salt)
  const padding = Buffer.alloc(length - 2 * DIGEST_BYTES - 2)
  const block = Buffer.concat([padding, Buffer.from([0x01]), salt])
  const masked = xor(block, mask(hash, block.length))
  masked[0] = (masked[0] as number) & 0x7f
  return Buffer.concat([masked, hash, Buffer.from([0xbc])])
}

/** EMSA-PSS-VERIFY, RFC 8017 §9.1.2. */
function verifyPss(digest: Buffer, encoded: Buffer, modulusBits: number): boolean {
  const length = modulusBits / 8
  if (encoded.length !== length || encoded.at(-1) !== 0xbc || ((encoded[0] as number) & 0x80) !== 0) return false
  const masked = encoded.subarray(0, length - DIGEST_BYTES - 1)
  const hash = encoded.subarray(length - DIGEST_BYTES - 1, length - 1)
  const block = xor(masked, mask(hash, masked.length))
  block[0] = (block[0] as number) & 0x7f
  const saltAt = block.length - DIGEST_BYTES
  const padded = block.subarray(0, saltAt - 1).every((byte) => byte === 0) && block[saltAt - 1] === 0x01
  return padded && timingSafeEqual(hashOf(digest, block.subarray(saltAt)), hash)
}

const hashOf = (digest: Buffer, salt: Buffer) => sha256(Buffer.alloc(8), digest, salt)

/** MGF1 with SHA-256, RFC 8017 §B.2.1. */
function mask(seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let counter = 0; counter * DIGEST_BYTES < length; counter += 1) {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    blocks.push(sha256(seed, count))
  }
  return Buffer.concat(blocks).subarray(0, length)
}

function sha256(...parts: Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest()
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, at) => byte ^ (right[at] as number)))
}
