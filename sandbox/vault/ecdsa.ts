import { createECDH, type KeyObject } from 'node:crypto'

/** The order of P-256 (SEC 2 §2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const SCALAR_BYTES = 32

/**
 * ECDSA on P-256 over a ready digest (ES256, RFC 7518 §3.4), which node:crypto cannot do: the random point is made by it, the rest is two
 * lines of arithmetic. For a sandbox only, since they do not take the same time for every key.
 */
export function signP256(key: KeyObject, digest: Buffer): Buffer {
  const secret = toNumber(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'))
  const ephemeral = createECDH('prime256v1')
  // Uncompressed: 04, x, y.
  const point = ephemeral.generateKeys()
  const r = toNumber(point.subarray(1, 1 + SCALAR_BYTES)) % ORDER
  const s = (inverse(toNumber(ephemeral.getPrivateKey())) * (toNumber(digest) + r * secret)) % ORDER
  return Buffer.concat([toBytes(r), toBytes(s)])
}

/** By Fermat's little theorem, the order being prime. */
function inverse(value: bigint): bigint {
  let [result, base] = [1n, value % ORDER]
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % ORDER
    base = (base * base) % ORDER
  }
  return result
}

const toNumber = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`)
const toBytes = (value: bigint) => Buffer.from(value.toString(16).padStart(2 * SCALAR_BYTES, '0'), 'hex')
