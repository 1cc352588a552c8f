import { createHash } from 'node:crypto'

import type { Account, AccountRecord } from '../accounts/account.ts'
import { type AccountContent, type AccountStore, STALE, shards, type Written } from '../accounts/account-store.ts'
import { AppError } from '../errors.ts'
import type { ReadRow, Row, Step, Table } from './tables.ts'

const VERSION = 1
const DUE_PREFIX = 'd:'
/** Ids handed on at once by {@link AccountStore.due}. */
const DUE_PAGE = 50

/** First nibble of the SHA-256 of the id: sixteen partitions, whatever the ids look like. */
export function shardOf(id: string): string {
  return shards[(createHash('sha256').update(id).digest()[0] as number) >> 4] as string
}

const rowKey = (id: string) => `a:${id}`
const dueKey = (id: string, dueOn: string) => `${DUE_PREFIX}${dueOn}:${id}`
const usedKey = (id: string) => `u:${id}`

/** Accounts in the table `accounts`; layout in docs/decisions/0002. */
export function createTableAccountStore(table: Table): AccountStore {
  async function write(content: AccountContent, steps: (row: Row, due: Row) => Step[]): Promise<Written> {
    const { account } = content
    const due = { partitionKey: shardOf(account.id), rowKey: dueKey(account.id, account.refreshDueOn), v: VERSION }
    const etags = await table.transaction(steps(toRow(content), due))
    return etags === STALE ? STALE : { ...content, etag: etags[0] as string }
  }

  /** A transaction also fails when the old due row is missing (a damaged store); then the account row still has the version that was read. */
  async function unchanged(was: AccountRecord): Promise<boolean> {
    const row = await table.read(shardOf(was.account.id), rowKey(was.account.id))
    return row?.etag === was.etag
  }

  return {
    async read(id) {
      const row = await table.read(shardOf(id), rowKey(id))
      return row && fromRow(row)
    },
    create: (content) => write(content, (row, due) => [{ insert: row }, { upsert: due }]),
    async update(was, content) {
      const { id, refreshDueOn } = was.account
      if (refreshDueOn === content.account.refreshDueOn) {
        // The due row stays as it is: one plain conditional write.
        const etag = await table.replace(toRow(content), was.etag)
        return etag === STALE ? STALE : { ...content, etag }
      }
      const old = { partitionKey: shardOf(id), rowKey: dueKey(id, refreshDueOn) }
      const both = (row: Row, due: Row): Step[] => [{ replace: row, etag: was.etag }, { upsert: due }]
      const written = await write(content, (row, due) => [...both(row, due), { delete: old, etag: 'any' }])
      return written === STALE && (await unchanged(was)) ? write(content, both) : written
    },
    async remove(was) {
      const { id, refreshDueOn } = was.account
      const partitionKey = shardOf(id)
      const row: Step = { delete: { partitionKey, rowKey: rowKey(id) }, etag: was.etag }
      const due: Step = { delete: { partitionKey, rowKey: dueKey(id, refreshDueOn) }, etag: 'any' }
      const done = await table.transaction([row, due])
      if (done === STALE && !((await unchanged(was)) && (await table.transaction([row])) !== STALE)) return STALE
      await table.remove(partitionKey, usedKey(id))
      return 'removed'
    },
    async *due(shard, until) {
      // ';' follows ':' in ASCII, so this ends after the last id that is due at `until`.
      for await (const rows of table.range(shard, DUE_PREFIX, `${DUE_PREFIX}${until};`, [])) {
        const ids = rows.map((row) => row.rowKey.slice(row.rowKey.lastIndexOf(':') + 1))
        for (let start = 0; start < ids.length; start += DUE_PAGE) yield ids.slice(start, start + DUE_PAGE)
      }
    },
    async readLastUsed(id) {
      const row = await table.read(shardOf(id), usedKey(id))
      return row?.lastUsedOn as string | undefined
    },
    writeLastUsed: (id, on) => table.upsert({ partitionKey: shardOf(id), rowKey: usedKey(id), v: VERSION, lastUsedOn: on }),
  }
}

/** Structured members are JSON text; what the store must compare (`refreshDueOn`) or show (`status`) stands alone. */
function toRow({ account, sealed }: AccountContent): Row {
  const { id, problem, failure, permissions, scopes, slots, lease, ...plain } = account
  return {
    partitionKey: shardOf(id),
    rowKey: rowKey(id),
    v: VERSION,
    ...plain,
    permissions: JSON.stringify(permissions),
    scopes: JSON.stringify(scopes),
    slots: JSON.stringify(slots),
    ...(problem && { problem: JSON.stringify(problem) }),
    ...(failure && { failure: JSON.stringify(failure) }),
    ...(lease && { lease: JSON.stringify(lease) }),
    keyId: sealed.keyId,
    sealed: sealed.sealed,
  }
}

function fromRow(row: ReadRow): AccountRecord {
  if (row.v !== VERSION && row.v !== VERSION - 1) {
    throw new AppError('store_unavailable', 'An account was written by a newer version of the gateway.', { action: 'operator' })
  }
  const parsed = (name: string) => (row[name] === undefined ? undefined : JSON.parse(row[name] as string))
  const account: Account = {
    id: row.rowKey.slice('a:'.length),
    owner: row.owner as string,
    provider: row.provider as string,
    kind: row.kind as 'delegated',
    mailbox: row.mailbox as string,
    userPrincipalName: row.userPrincipalName as string,
    displayName: row.displayName as string,
    tenantId: row.tenantId as string,
    userId: row.userId as string,
    status: row.status as Account['status'],
    problem: parsed('problem'),
    permissions: parsed('permissions'),
    scopes: parsed('scopes'),
    slots: parsed('slots'),
    refreshDueOn: row.refreshDueOn as string,
    createdOn: row.createdOn as string,
    generation: row.generation as number,
    failures: row.failures as number,
    retryOn: row.retryOn as string | undefined,
    failure: parsed('failure'),
    lease: parsed('lease'),
  }
  const sealed = Buffer.from(row.sealed as Uint8Array)
  return { account, sealed: { keyId: row.keyId as string, sealed }, etag: row.etag }
}
