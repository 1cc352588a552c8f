import { randomBytes } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createKeyRing, type KeyWrapper, keyScope } from '../../../shared/accounts/key-ring.ts'
import { createTableKeyStore } from '../../../shared/azure/table-key-store.ts'
import { PERSONAL_TENANT_ID } from '../../../shared/oauth/authority.ts'
import { openStores, type Stores } from '../../support/account-fixture.ts'

let now = Date.parse('2026-11-25T12:00:00Z')
let stores: Stores

beforeAll(async () => {
  stores = await openStores()
})
afterAll(() => stores.close())

/** A vault that can be taken away and counts how often it is asked. */
function wrapper() {
  const wrapped = new Map<string, Buffer>()
  const vault = {
    away: false,
    asked: 0,
    wrap: async (key: Buffer) => {
      const name = randomBytes(8)
      wrapped.set(name.toString('hex'), key)
      return { wrapped: name, version: '1' }
    },
    unwrap: async (name: Buffer) => {
      vault.asked += 1
      if (vault.away) throw new Error('vault away')
      return wrapped.get(name.toString('hex')) as Buffer
    },
  }
  return vault
}

const ring = (vault: KeyWrapper) => createKeyRing(createTableKeyStore(stores.table('keyring')), vault, () => now)
const to = (scope: string) => ({ scope, provider: 'default', id: 'acc_1', field: 'tokens', generation: 1 })

describe('key ring', () => {
  it('makes one first key of a tenant when three instances need it at once', async () => {
    const vault = wrapper()
    const rings = [ring(vault), ring(vault), ring(vault)]
    const sealed = await Promise.all(rings.map((one) => one.seal(to('tenant-a'), Buffer.from('x'))))
    expect(new Set(sealed.map(({ keyId }) => keyId)).size).toBe(1)
    for (const value of sealed) expect(await ring(vault).open(to('tenant-a'), value)).toEqual(Buffer.from('x'))
  })

  it('V9: does not ask the vault twice in an hour, and outlives its absence for that long', async () => {
    const vault = wrapper()
    const one = ring(vault)
    const value = await one.seal(to('tenant-b'), Buffer.from('x'))
    vault.away = true
    const before = vault.asked
    now += 59 * 60_000
    expect(await one.open(to('tenant-b'), value)).toEqual(Buffer.from('x'))
    expect(vault.asked).toBe(before)
    now += 2 * 60_000
    await expect(one.open(to('tenant-b'), value)).rejects.toThrow()
  })

  it('V7: a tenant whose keys are gone cannot be read, its neighbour can', async () => {
    const vault = wrapper()
    const [killed, kept] = await Promise.all([
      ring(vault).seal(to('tenant-c'), Buffer.from('x')),
      ring(vault).seal(to('tenant-d'), Buffer.from('y')),
    ])
    await stores.table('keyring').remove('tenant-c', '00000001')
    await expect(ring(vault).open(to('tenant-c'), killed)).rejects.toMatchObject({
      code: 'store_unavailable',
      action: 'operator',
    })
    expect(await ring(vault).open(to('tenant-d'), kept)).toEqual(Buffer.from('y'))
  })

  it('V2: says that a record put into another row was tampered with', async () => {
    const one = ring(wrapper())
    const value = await one.seal(to('tenant-e'), Buffer.from('x'))
    await expect(one.open({ ...to('tenant-e'), id: 'acc_2' }, value)).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  it('derives the same key for a purpose in every instance, and different ones for different purposes', async () => {
    const vault = wrapper()
    expect(await ring(vault).derive('cursor')).toEqual(await ring(vault).derive('cursor'))
    expect(await ring(vault).derive('cursor')).not.toEqual(await ring(vault).derive('link'))
  })

  it('spreads personal accounts over buckets and keeps a tenant together', () => {
    expect(keyScope('some-tenant', 'a')).toBe('some-tenant')
    expect(keyScope(PERSONAL_TENANT_ID, 'a')).toMatch(/^personal-[0-9a-f]{2}$/)
    expect(keyScope(PERSONAL_TENANT_ID, 'a')).not.toBe(keyScope(PERSONAL_TENANT_ID, 'b'))
  })
})
