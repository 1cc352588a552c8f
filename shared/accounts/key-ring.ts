import { createHash, randomBytes } from 'node:crypto'

import { AppError } from '../errors.ts'
import { ExpiringMap } from '../expiring-map.ts'
import { randomToken } from '../ids.ts'
import { PERSONAL_TENANT_ID } from '../oauth/authority.ts'
import { open, seal, sealingKey } from './seal.ts'

/** A wrapped data key as it is stored. `sequence` counts up from 1 within its scope; the highest is the current one. */
export interface WrappedKey {
  scope: string
  sequence: number
  keyId: string
  wrapped: Buffer
  /** Version of the wrapping key in the vault. */
  wrappingVersion: string
  createdOn: string
}

export interface WrappedKeyStore {
  list(scope: string): Promise<WrappedKey[]>
  /** Answers false when this sequence exists already. */
  insert(key: WrappedKey): Promise<boolean>
}

/** RSA-OAEP-256 under the vault's wrapping key. */
export interface KeyWrapper {
  wrap(dataKey: Buffer): Promise<{ wrapped: Buffer; version: string }>
  unwrap(wrapped: Buffer, version: string): Promise<Buffer>
}

/** Who a sealed value belongs to, without the key id, which the ring chooses. */
export interface SealFor {
  /** Tenant id, `personal-{00…ff}` or `gateway`. */
  scope: string
  provider: string
  id: string
  field: string
  generation: number
}

export interface Sealed {
  keyId: string
  sealed: Buffer
}

export interface KeyRing {
  seal(to: SealFor, plaintext: Buffer): Promise<Sealed>
  open(from: SealFor, value: Sealed): Promise<Buffer>
  /** A key for another purpose (cursors, links), the same in every instance until the gateway's data key is replaced. */
  derive(purpose: string): Promise<Buffer>
}

/** Also how long a vault outage stays unnoticed by tenants seen before. */
const CACHE_LIFE_MS = 60 * 60 * 1000
const CACHE_ENTRIES = 1000

/** The scope for values whose tenant is not known yet. */
export const GATEWAY_SCOPE = 'gateway'

/** Personal accounts share one tenant id, so they are spread over 256 keys by their object id. */
export function keyScope(tenantId: string, objectId: string): string {
  if (tenantId !== PERSONAL_TENANT_ID) return tenantId
  return `personal-${createHash('sha256').update(objectId).digest('hex').slice(0, 2)}`
}

export function createKeyRing(store: WrappedKeyStore, wrapper: KeyWrapper, now: () => number): KeyRing {
  const opened = new ExpiringMap<string, { keyId: string; dataKey: Buffer }>(CACHE_ENTRIES, CACHE_LIFE_MS, now)
  const derived = new ExpiringMap<string, Buffer>(CACHE_ENTRIES, CACHE_LIFE_MS, now)

  async function unwrap(key: WrappedKey): Promise<{ keyId: string; dataKey: Buffer }> {
    const known = opened.get(key.keyId)
    if (known) return known
    const entry = { keyId: key.keyId, dataKey: await wrapper.unwrap(key.wrapped, key.wrappingVersion) }
    opened.set(key.keyId, entry)
    return entry
  }

  async function makeFirst(scope: string): Promise<void> {
    const { wrapped, version } = await wrapper.wrap(randomBytes(32))
    const createdOn = new Date(now()).toISOString()
    await store.insert({ scope, sequence: 1, keyId: randomToken(), wrapped, wrappingVersion: version, createdOn })
  }

  async function current(scope: string): Promise<{ keyId: string; dataKey: Buffer }> {
    const known = opened.get(`current:${scope}`)
    if (known) return known
    let keys = await store.list(scope)
    if (keys.length === 0) {
      await makeFirst(scope)
      // Read back even after an insert that won: what is stored is what everybody uses.
      keys = await store.list(scope)
    }
    const newest = keys.reduce((a, b) => (a.sequence > b.sequence ? a : b))
    const entry = await unwrap(newest)
    opened.set(`current:${scope}`, entry)
    return entry
  }

  return {
    async derive(purpose) {
      const { keyId, dataKey } = await current(GATEWAY_SCOPE)
      const name = `${keyId}:${purpose}`
      const known = derived.get(name)
      if (known) return known
      const key = sealingKey(dataKey, `purpose:${purpose}`)
      derived.set(name, key)
      return key
    },
    async seal(to, plaintext) {
      const { keyId, dataKey } = await current(to.scope)
      return { keyId, sealed: seal(dataKey, { ...to, keyId }, plaintext) }
    },
    async open(from, { keyId, sealed }) {
      let entry = opened.get(keyId)
      if (!entry) {
        const key = (await store.list(from.scope)).find((one) => one.keyId === keyId)
        if (!key)
          throw new AppError('store_unavailable', 'The key that sealed this record no longer exists.', { action: 'operator' })
        entry = await unwrap(key)
      }
      try {
        return open(entry.dataKey, { ...from, keyId }, sealed)
      } catch (cause) {
        throw new AppError('store_unavailable', 'A sealed record does not open: it was changed, copied or put back.', {
          action: 'operator',
          cause,
        })
      }
    },
  }
}
