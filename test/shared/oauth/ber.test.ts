import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { der, integer, octets, oid, sequence } from '../../../sandbox/vault/der-writer.ts'
import { BerError, childrenOf, integerOf, octetsOf, oidOf, readBer } from '../../../shared/oauth/ber.ts'

const indefinite = (tag: number, ...parts: Buffer[]) => Buffer.concat([Buffer.from([tag, 0x80]), ...parts, Buffer.from([0, 0])])

describe('the BER reader', () => {
  it('reads what was written, short and long', () => {
    const long = Buffer.alloc(70_000, 7)
    const [number, name, bytes] = childrenOf(readBer(sequence(integer(2048), oid('1.2.840.113549.1.7.1'), octets(long))))
    expect(integerOf(number)).toBe(2048)
    expect(oidOf(name)).toBe('1.2.840.113549.1.7.1')
    expect(octetsOf(bytes)).toEqual(long)
    expect(oidOf(readBer(oid('2.16.840.1.101.3.4.1.42')))).toBe('2.16.840.1.101.3.4.1.42')
  })

  it('reads values of indefinite length and octet strings in parts', () => {
    const inParts = indefinite(0x24, octets(Buffer.from('one')), octets(Buffer.from('two')))
    const [first, second] = childrenOf(readBer(indefinite(0x30, inParts, integer(5))))
    expect(octetsOf(first).toString()).toBe('onetwo')
    expect(integerOf(second)).toBe(5)
  })

  it.each([
    ['a value cut off', sequence(integer(5)).subarray(0, 4)],
    ['a length cut off', Buffer.from([0x30, 0x82, 0x01])],
    ['bytes behind the value', Buffer.concat([integer(5), Buffer.from([0])])],
    ['a length of more than four bytes', Buffer.from([0x30, 0x85, 0, 0, 0, 0, 0])],
    ['a tag of more than one byte', Buffer.from([0x1f, 0x81, 0x01, 0x00])],
    ['an indefinite length without end', Buffer.from([0x30, 0x80, 0x02, 0x01, 0x05])],
    ['an indefinite length of a primitive value', Buffer.from([0x04, 0x80, 0, 0])],
    ['nothing', Buffer.alloc(0)],
    ['100,000 values inside each other', Buffer.alloc(200_000, Buffer.from([0x30, 0x80]))],
  ])('refuses %s', (_, bytes) => {
    expect(() => readBer(bytes)).toThrow(BerError)
  })

  it('refuses numbers that are negative or too large, and another type than is expected', () => {
    expect(() => integerOf(readBer(der(0x02, Buffer.from([0xff]))))).toThrow(BerError)
    expect(() => integerOf(readBer(der(0x02, Buffer.alloc(5, 1))))).toThrow(BerError)
    expect(() => integerOf(readBer(octets(Buffer.from([1]))))).toThrow(BerError)
    expect(() => childrenOf(readBer(integer(5)), 0x02)).toThrow(BerError)
    expect(() => octetsOf(undefined)).toThrow(BerError)
  })

  it('answers any bytes with a value or a BerError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          const value = readBer(Buffer.from(bytes))
          expect(value.encoded).toHaveLength(bytes.length)
          childrenOf(value, value.tag)
        } catch (error) {
          expect(error).toBeInstanceOf(BerError)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
