import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** What a sealed value is bound to. A value sealed for one context does not open in another. */
export interface SealContext {
  provider: string
  /** Account or connection id. */
  id: string
  field: string
  generation: number
  keyId: string
}

const FORMAT = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** The sealing key of one account: HKDF-SHA-256 of the tenant's data key with the account id as info (RFC 5869). */
export function sealingKey(dataKey: Buffer, id: string): Buffer {
  return Buffer.from(hkdfSync('sha256', dataKey, '', id, 32))
}

/** AES-256-GCM (NIST SP 800-38D): format byte, nonce, ciphertext, tag. */
export function seal(dataKey: Buffer, context: SealContext, plaintext: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', sealingKey(dataKey, context.id), nonce)
  cipher.setAAD(associatedData(context))
  return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** @throws when the value was sealed with another key or for another context, or was changed. */
export function open(dataKey: Buffer, context: SealContext, sealed: Buffer): Buffer {
  if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== FORMAT)
    throw new Error('Not a sealed value of a known format.')
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(dataKey, context.id), nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(associatedData(context))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES)), decipher.final()])
}

/** JSON of an array is unambiguous: no field can be stretched into its neighbour. */
function associatedData({ provider, id, field, generation, keyId }: SealContext): Buffer {
  return Buffer.from(JSON.stringify([provider, id, field, generation, keyId]))
}
