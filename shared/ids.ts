import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const ID_BYTES = 16

/** Kinds of id: account, connection, send, caller. */
export type IdKind = 'acc' | 'con' | 'snd' | 'clr'

/** 128 random bits as 26 characters of Crockford's base 32, lower case. */
export function randomToken(): string {
  return base32(randomBytes(ID_BYTES))
}

/** A new id, such as `acc_3j9k…`. */
export function newId(kind: IdKind): string {
  return `${kind}_${randomToken()}`
}

export function isId(kind: IdKind, text: string): boolean {
  return text.startsWith(`${kind}_`) && /^[0-9a-hjkmnp-tv-z]{26}$/.test(text.slice(kind.length + 1))
}

function base32(bytes: Buffer): string {
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  let text = ''
  for (let index = 0; index < 26; index += 1) {
    text = ALPHABET[Number(bits & 31n)] + text
    bits >>= 5n
  }
  return text
}
