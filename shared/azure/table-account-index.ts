import type { AccountIndex } from '../accounts/account-store.ts'
import { STALE } from '../accounts/account-store.ts'
import type { Table } from './tables.ts'

const VERSION = 1
const IDENTITY_ROW = 'id'

/** Index rows in the table `index`; layout in docs/decisions/0001 and 0002. */
export function createTableAccountIndex(table: Table): AccountIndex {
  const identityKey = (identity: string) => `identity:${identity}`
  return {
    async claimIdentity(identity, proposed) {
      const partitionKey = identityKey(identity)
      for (;;) {
        const row = { partitionKey, rowKey: IDENTITY_ROW, v: VERSION, id: proposed }
        if (await table.insert(row)) return proposed
        const known = await table.read(partitionKey, IDENTITY_ROW)
        // Touching it makes a delete that read it before fail its condition.
        if (known && (await table.replace({ ...row, id: known.id }, known.etag)) !== STALE) return known.id as string
      }
    },
    async releaseIdentity(identity, id) {
      const known = await table.read(identityKey(identity), IDENTITY_ROW)
      if (known?.id === id) await table.remove(identityKey(identity), IDENTITY_ROW, known.etag)
    },
    async add(id, keys) {
      await Promise.all(keys.map((key) => table.upsert({ partitionKey: key, rowKey: id, v: VERSION })))
    },
    async remove(id, keys) {
      await Promise.all(keys.map((key) => table.remove(key, id)))
    },
    async find(key) {
      const ids: string[] = []
      for await (const rows of table.range(key, 'acc_', 'acc`', [])) ids.push(...rows.map((row) => row.rowKey))
      return ids
    },
    async page(key, after, limit) {
      const ids: string[] = []
      const from = after === undefined ? 'acc_' : `${after}!`
      for await (const rows of table.range(key, from, 'acc`', [])) {
        ids.push(...rows.map((row) => row.rowKey))
        if (ids.length >= limit) break
      }
      return ids.slice(0, limit)
    },
  }
}
