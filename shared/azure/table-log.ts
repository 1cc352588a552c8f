import { randomToken } from '../ids.ts'
import type { Table } from './tables.ts'

const VERSION = 1

/** Appends rows in time order: one partition a day. For audit and events. */
export function createTableLog(table: Table) {
  return {
    async append(on: string, entry: Record<string, string | number | undefined>): Promise<void> {
      const properties = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined))
      await table.insert({ partitionKey: on.slice(0, 10), rowKey: `${on}:${randomToken()}`, v: VERSION, on, ...properties })
    },
  }
}
