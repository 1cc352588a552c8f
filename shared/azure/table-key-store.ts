import type { WrappedKeyStore } from '../accounts/key-ring.ts'
import type { Table } from './tables.ts'

const VERSION = 1

/** Wrapped data keys in the table `keyring`: one partition a scope, one row a key. */
export function createTableKeyStore(table: Table): WrappedKeyStore {
  return {
    async list(scope) {
      const keys = []
      for await (const rows of table.range(scope, '0', ':')) {
        for (const row of rows) {
          keys.push({
            scope,
            sequence: Number(row.rowKey),
            keyId: row.keyId as string,
            wrapped: Buffer.from(row.wrapped as Uint8Array),
            wrappingVersion: row.wrappingVersion as string,
            createdOn: row.createdOn as string,
          })
        }
      }
      return keys
    },
    insert: ({ scope, sequence, ...key }) =>
      table.insert({ partitionKey: scope, rowKey: String(sequence).padStart(8, '0'), v: VERSION, ...key }),
  }
}
