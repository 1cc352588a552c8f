import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createTableLog } from '../../../shared/azure/table-log.ts'
import type { Row, Table } from '../../../shared/azure/tables.ts'
import { openStores, type Stores } from '../../support/account-fixture.ts'

let stores: Stores
beforeAll(async () => {
  stores = await openStores()
})
afterAll(() => stores.close())

async function rowsOf(name: string, day: string): Promise<Row[]> {
  const rows: Row[] = []
  for await (const page of stores.table(name).range(day, '', '~')) rows.push(...page)
  return rows
}

describe('the log', () => {
  it('keeps every one of 250 entries that come at once, over midnight, in time order', async () => {
    const log = createTableLog(stores.table('log1'))
    const at = (index: number) => new Date(Date.parse('2026-11-24T23:59:00Z') + index * 1000).toISOString()
    await Promise.all(Array.from({ length: 250 }, (_, number) => log.append(at(number), { number, absent: undefined })))
    const rows = [...(await rowsOf('log1', '2026-11-24')), ...(await rowsOf('log1', '2026-11-25'))]
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 250 }, (_, number) => number))
    expect(rows[0]).not.toHaveProperty('absent')
  })

  it('fails every entry of a write that failed, and none after it', async () => {
    const table = stores.table('log2')
    let failing = true
    const flaky: Table = {
      ...table,
      insert: (row) => (failing ? Promise.reject(new Error('away')) : table.insert(row)),
      transaction: (steps) => (failing ? Promise.reject(new Error('away')) : table.transaction(steps)),
    }
    const log = createTableLog(flaky)
    const lost = await Promise.allSettled([1, 2, 3].map((number) => log.append('2026-11-25T00:00:00Z', { number })))
    expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    failing = false
    await log.append('2026-11-25T00:00:01Z', { number: 4 })
    expect((await rowsOf('log2', '2026-11-25')).map(({ number }) => number)).toEqual([4])
  })
})
