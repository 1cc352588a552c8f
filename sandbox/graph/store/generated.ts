import { createCipheriv, createHash } from 'node:crypto'

const CHUNK_BYTES = 64 * 1024

/**
 * The bytes of a generated attachment: the AES-256-CTR key stream (initial counter block all zero) under the key
 * SHA-256(seed as UTF-8). The same seed gives the same bytes, and a shorter size a prefix of a longer one, so that a test
 * checks 100 MB without anyone having kept them.
 */
export function* generatedBytes(seed: string, size: number): Generator<Buffer> {
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16))
  const zeros = Buffer.alloc(CHUNK_BYTES)
  for (let sent = 0; sent < size; sent += CHUNK_BYTES) yield cipher.update(zeros.subarray(0, Math.min(CHUNK_BYTES, size - sent)))
}
