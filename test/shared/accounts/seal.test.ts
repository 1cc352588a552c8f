import { randomBytes } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { open, type SealContext, seal } from '../../../shared/accounts/seal.ts'

const key = randomBytes(32)
const context: SealContext = { provider: 'default', id: 'acc_a', field: 'tokens', generation: 3, keyId: 'k1' }

describe('seal', () => {
  it('opens what it sealed, and never seals alike twice', () => {
    const text = Buffer.from('0.AXoA-refresh')
    const [one, two] = [seal(key, context, text), seal(key, context, text)]
    expect(open(key, context, one)).toEqual(text)
    expect(one.equals(two)).toBe(false)
    expect(one.includes(text)).toBe(false)
  })

  it.each<[string, Partial<SealContext>]>([
    ['another account', { id: 'acc_b' }],
    ['another provider', { provider: 'other' }],
    ['another field', { field: 'grant' }],
    ['an older generation', { generation: 2 }],
    ['another key id', { keyId: 'k2' }],
  ])('V2: a record copied to %s does not open', (_name, other) => {
    const sealed = seal(key, context, Buffer.from('x'))
    expect(() => open(key, { ...context, ...other }, sealed)).toThrow()
  })

  it('does not open under another data key, nor when a bit was turned anywhere', () => {
    const sealed = seal(key, context, Buffer.from('some tokens'))
    expect(() => open(randomBytes(32), context, sealed)).toThrow()
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed)
      changed[index] = (changed[index] as number) ^ 1
      expect(() => open(key, context, changed), `byte ${index}`).toThrow()
    }
  })

  it('refuses what is too short to be sealed', () => {
    expect(() => open(key, context, Buffer.alloc(0))).toThrow()
    expect(() => open(key, context, Buffer.of(1, 2, 3))).toThrow()
  })
})
