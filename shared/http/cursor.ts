import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

import { invalid } from './input.ts'

/** Where a cursor may be used; anywhere else it does not open. */
export interface CursorBinding {
  /** Name of the caller it was given to. */
  caller: string
  /** Account id, on routes below an account. */
  account?: string
  route: string
  /** The other query parameters that shape the list, as text; a cursor cannot move on in a different list. */
  filter?: string
}

/** Keeps the place in a list between two requests: opaque text for the caller, plain JSON data for the list. */
export interface Cursors {
  /** Base64url, at most 200 characters; room for {@link MAX_DATA_BYTES} of JSON. */
  seal(binding: CursorBinding, data: unknown): Promise<string>
  /** @throws `invalid_request` when the text is not a cursor, was changed, or belongs to another caller, account, route or filter. */
  open<T>(binding: CursorBinding, text: string): Promise<T>
}

/** Promised by the public contract. */
const MAX_CHARACTERS = 200
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Bytes of JSON that fit one cursor. */
export const MAX_DATA_BYTES = (MAX_CHARACTERS / 4) * 3 - NONCE_BYTES - TAG_BYTES

/** Cursors sealed under a key of the purpose `cursor`: AES-256-GCM (NIST SP 800-38D), the nonce before and the tag after the ciphertext. */
export function createCursors(deriveKey: (purpose: string) => Promise<Buffer>): Cursors {
  // A key for each binding, so that no number of cursors exhausts the random nonces of one key.
  async function keyFor({ caller, account, route, filter }: CursorBinding): Promise<Buffer> {
    const context = JSON.stringify([caller, account ?? null, route, filter ?? null])
    // As the salt: HKDF's own `info` is limited to 1,024 bytes here, a filter is not.
    return Buffer.from(hkdfSync('sha256', await deriveKey('cursor'), context, 'cursor', 32))
  }

  return {
    async seal(binding, data) {
      const plaintext = Buffer.from(JSON.stringify(data))
      if (plaintext.length > MAX_DATA_BYTES)
        throw new RangeError(`A cursor holds ${MAX_DATA_BYTES} bytes, not ${plaintext.length}.`)
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', await keyFor(binding), nonce)
      return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    async open<T>(binding: CursorBinding, text: string) {
      if (text.length > MAX_CHARACTERS || !/^[A-Za-z0-9_-]+$/.test(text)) throw notOurs()
      const sealed = Buffer.from(text, 'base64url')
      // Unused bits of the last character decode to the same bytes; only the text we gave is taken back.
      if (sealed.length <= NONCE_BYTES + TAG_BYTES || sealed.toString('base64url') !== text) throw notOurs()
      const decipher = createDecipheriv('aes-256-gcm', await keyFor(binding), sealed.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      const plaintext = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES))
      try {
        return JSON.parse(Buffer.concat([plaintext, decipher.final()]).toString('utf8')) as T
      } catch {
        throw notOurs()
      }
    },
  }
}

function notOurs() {
  return invalid([{ pointer: '?cursor', message: 'is not a cursor of this list; begin again without it' }])
}
