/** One value of BER (ITU-T X.690), the encoding that PKCS #12 and certificates use. DER is its strict form. */
export interface BerValue {
  /** Class, form and number in one byte; tags of more bytes are refused. */
  tag: number
  content: Buffer
  /** The value with its tag and length. */
  encoded: Buffer
}

/** The bytes are not the structure that is expected here. Says nothing about their content. */
export class BerError extends Error {
  constructor(expected: string) {
    super(`The bytes are not ${expected}.`)
    this.name = 'BerError'
  }
}

/** Tags by name (X.690 §8.1.2). */
export const tags = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  implicit0: 0x80,
  context0: 0xa0,
  context3: 0xa3,
} as const

const CONSTRUCTED = 0x20
/** Of values with indefinite length inside each other; PKCS #12 has no more than eight. */
const MAX_DEPTH = 16
const MAX_LENGTH_BYTES = 4

/** The one value that the bytes are; nothing may follow it. */
export function readBer(bytes: Buffer): BerValue {
  const { value, next } = readAt(bytes, 0, 0)
  if (next !== bytes.length) throw new BerError('one value')
  return value
}

/** The values inside a constructed value, after a check of its tag. */
export function childrenOf(value: BerValue | undefined, tag: number = tags.sequence): BerValue[] {
  if (value?.tag !== tag || (tag & CONSTRUCTED) === 0) throw new BerError('a constructed value of the expected type')
  const children: BerValue[] = []
  for (let at = 0; at < value.content.length; ) {
    const { value: child, next } = readAt(value.content, at, 0)
    children.push(child)
    at = next
  }
  return children
}

/** An OCTET STRING; in BER it may come in parts. `tag` is another one when it is implicit. */
export function octetsOf(value: BerValue | undefined, tag: number = tags.octetString): Buffer {
  if (value?.tag === tag) return value.content
  const parts = childrenOf(value, tag | CONSTRUCTED)
  if (parts.some((part) => part.tag !== tags.octetString)) throw new BerError('an octet string')
  return Buffer.concat(parts.map((part) => part.content))
}

/** A non-negative INTEGER of at most 31 bits. */
export function integerOf(value: BerValue | undefined): number {
  const { content } = expect(value, tags.integer)
  if (content.length === 0 || content.length > 4 || byteAt(content, 0) > 0x7f) throw new BerError('a small integer')
  return content.readUIntBE(0, content.length)
}

/** An OBJECT IDENTIFIER in dotted form. */
export function oidOf(value: BerValue | undefined): string {
  const { content } = expect(value, tags.oid)
  const arcs: number[] = []
  let arc = 0
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER / 256) throw new BerError('an object identifier')
    if (byte & 0x80) continue
    arcs.push(arc)
    arc = 0
  }
  const [first = 0, ...rest] = arcs
  const root = Math.min(Math.floor(first / 40), 2)
  return [root, first - root * 40, ...rest].join('.')
}

export function expect(value: BerValue | undefined, tag: number): BerValue {
  if (value?.tag !== tag) throw new BerError('a value of the expected type')
  return value
}

function readAt(bytes: Buffer, at: number, depth: number): { value: BerValue; next: number } {
  const tag = byteAt(bytes, at)
  if ((tag & 0x1f) === 0x1f) throw new BerError('a value with a short tag')
  const first = byteAt(bytes, at + 1)
  if (first === 0x80) return readIndefinite(bytes, at, depth)
  const lengthBytes = first > 0x80 ? first & 0x7f : 0
  if (lengthBytes > MAX_LENGTH_BYTES) throw new BerError('a value of reasonable length')
  let length = lengthBytes === 0 ? first : 0
  for (let index = 0; index < lengthBytes; index += 1) length = length * 256 + byteAt(bytes, at + 2 + index)
  const start = at + 2 + lengthBytes
  const end = start + length
  if (end > bytes.length) throw new BerError('complete')
  return { value: { tag, content: bytes.subarray(start, end), encoded: bytes.subarray(at, end) }, next: end }
}

/** Indefinite length: values up to two zero bytes (X.690 §8.1.3.6); some tools write PKCS #12 so. */
function readIndefinite(bytes: Buffer, at: number, depth: number): { value: BerValue; next: number } {
  const tag = byteAt(bytes, at)
  if ((tag & CONSTRUCTED) === 0 || depth >= MAX_DEPTH) throw new BerError('a value of definite length')
  const start = at + 2
  let end = start
  while (byteAt(bytes, end) !== 0 || byteAt(bytes, end + 1) !== 0) end = readAt(bytes, end, depth + 1).next
  return { value: { tag, content: bytes.subarray(start, end), encoded: bytes.subarray(at, end + 2) }, next: end + 2 }
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw new BerError('complete')
  return byte
}
