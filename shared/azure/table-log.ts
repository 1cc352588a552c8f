import { STALE } from '../accounts/account-store.ts'
import { AppError } from '../errors.ts'
import { randomToken } from '../ids.ts'
import type { Row, Table } from './tables.ts'

const VERSION = 1
/** Of one entity group transaction. @see {@link https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions} */
const MOST_AT_ONCE = 100

interface Waiting {
  row: Row
  written(): void
  failed(error: unknown): void
}

/**
 * Appends rows in time order: one partition a day. For audit and events. What comes while a write is under way goes into the next one
 * together; an append is done when its row is stored.
 */
export function createTableLog(table: Table) {
  let waiting: Waiting[] = []
  let writing = false

  async function drain(): Promise<void> {
    if (writing) return
    writing = true
    while (waiting.length > 0) {
      const { partitionKey } = (waiting[0] as Waiting).row
      const batch = waiting.filter(({ row }) => row.partitionKey === partitionKey).slice(0, MOST_AT_ONCE)
      waiting = waiting.filter((one) => !batch.includes(one))
      const failure = await write(batch.map(({ row }) => row)).then(
        () => undefined,
        (error: unknown) => ({ error }),
      )
      for (const { written, failed } of batch) {
        if (failure) failed(failure.error)
        else written()
      }
    }
    writing = false
  }

  async function write(rows: Row[]): Promise<void> {
    const stored =
      rows.length === 1 ? await table.insert(rows[0] as Row) : await table.transaction(rows.map((insert) => ({ insert })))
    // Row keys are random: a row that exists already is not ours.
    if (stored === false || stored === STALE) throw new AppError('store_unavailable', 'A log entry could not be written.')
  }

  return {
    append(on: string, entry: Record<string, string | number | undefined>): Promise<void> {
      const properties = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined))
      const row = { partitionKey: on.slice(0, 10), rowKey: `${on}:${randomToken()}`, v: VERSION, on, ...properties }
      return new Promise((written, failed) => {
        waiting.push({ row, written, failed })
        void drain()
      })
    },
  }
}
