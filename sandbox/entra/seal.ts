import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const IV_BYTES = 12
const TAG_BYTES = 16

/** An opaque token: AES-256-GCM over JSON, so that refresh tokens need no table and survive a restart. */
export function seal(sealingKey: string, prefix: string, value: unknown): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(sealingKey, 'base64url'), iv)
  cipher.setAAD(Buffer.from(prefix))
  const sealed = Buffer.concat([iv, cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()])
  return `${prefix}${sealed.toString('base64url')}`
}

/** What was sealed under this prefix, or undefined when the token is not ours. */
export function unseal<T>(sealingKey: string, prefix: string, token: string): T | undefined {
  if (!token.startsWith(prefix)) return undefined
  const bytes = Buffer.from(token.slice(prefix.length), 'base64url')
  if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined
  try {
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(sealingKey, 'base64url'), bytes.subarray(0, IV_BYTES))
    decipher.setAAD(Buffer.from(prefix))
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    const opened = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()])
    return JSON.parse(opened.toString()) as T
  } catch {
    return undefined
  }
}
