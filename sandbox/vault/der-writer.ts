/** One value in DER. */
export function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content), content])
}

function lengthOf({ length }: Buffer): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(length)
  const significant = bytes.subarray(bytes.findIndex((byte) => byte !== 0))
  return Buffer.concat([Buffer.from([0x80 | significant.length]), significant])
}

export const sequence = (...parts: Buffer[]) => der(0x30, ...parts)
export const octets = (value: Buffer) => der(0x04, value)
/** `[0] EXPLICIT` */
export const explicit = (value: Buffer) => der(0xa0, value)

export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.writeUInt32BE(value, 1)
  const first = bytes.findIndex((byte, at) => byte !== 0 || at === 4)
  // A leading one bit would make it negative.
  return der(0x02, bytes.subarray((bytes[first] as number) > 0x7f ? first - 1 : first))
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...arcs] = dotted.split('.').map(Number)
  return der(0x06, ...[first * 40 + second, ...arcs].map(base128))
}

function base128(value: number): Buffer {
  const bytes = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((rest % 128) | 0x80)
  return Buffer.from(bytes)
}
