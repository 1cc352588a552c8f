import { createHash, timingSafeEqual } from 'node:crypto'

/** What is stored of a secret that only needs to be recognised: SHA-256, hex. The secrets have 128 random bits or more. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

export function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
