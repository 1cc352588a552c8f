import { STALE } from '../accounts/account-store.ts'
import type { Connection, ConnectionRecord, ConnectionStore, SealedValue } from '../accounts/connection.ts'
import type { ReadRow, Row, Table } from './tables.ts'

const VERSION = 1
const CONNECTION_ROW = 'connection'
/** One partition for all: such rows live ten minutes. */
const EXPIRING = 'expiring'
const attemptKey = (stateHash: string) => `s:${stateHash}`

/** Connections in the table `connections`: one partition each, with the states minted for it beside it. */
export function createTableConnectionStore(table: Table): ConnectionStore {
  return {
    async create(connection) {
      await table.insert(toRow(connection))
    },
    async read(id) {
      const row = await table.read(id, CONNECTION_ROW)
      return row && fromRow(row)
    },
    async update(was, connection, grant) {
      const etag = await table.replace(toRow(connection, grant), was.etag)
      return etag === STALE ? STALE : { connection, grant, etag }
    },
    noteExpiry: (id, on) => table.upsert({ partitionKey: EXPIRING, rowKey: `${on}:${id}`, v: VERSION }),
    async expired(until) {
      const found: { id: string; on: string }[] = []
      for await (const rows of table.range(EXPIRING, '', `${until};`, [])) {
        found.push(
          ...rows.map(({ rowKey }) => ({
            id: rowKey.slice(rowKey.lastIndexOf(':') + 1),
            on: rowKey.slice(0, rowKey.lastIndexOf(':')),
          })),
        )
      }
      return found
    },
    async forgetExpiry(id, on) {
      await table.remove(EXPIRING, `${on}:${id}`)
    },
    async addAttempt(id, { stateHash, browserHash, expiresOn, secrets }) {
      await table.insert({ partitionKey: id, rowKey: attemptKey(stateHash), v: VERSION, browserHash, expiresOn, ...secrets })
    },
    async readAttempt(id, stateHash) {
      const row = await table.read(id, attemptKey(stateHash))
      if (!row) return undefined
      return {
        stateHash,
        browserHash: row.browserHash as string,
        expiresOn: row.expiresOn as string,
        secrets: sealedOf(row),
        etag: row.etag,
      }
    },
    async takeAttempt(was, attempt, connection) {
      const etags = await table.transaction([
        { replace: toRow(connection), etag: was.etag },
        { delete: { partitionKey: connection.id, rowKey: attemptKey(attempt.stateHash) }, etag: attempt.etag },
      ])
      return etags === STALE ? STALE : { connection, etag: etags[0] as string }
    },
  }
}

function toRow({ id, request, problem, ...plain }: Connection, grant?: SealedValue): Row {
  return {
    partitionKey: id,
    rowKey: CONNECTION_ROW,
    v: VERSION,
    ...plain,
    request: JSON.stringify(request),
    ...(problem && { problem: JSON.stringify(problem) }),
    ...grant,
  }
}

function fromRow(row: ReadRow): ConnectionRecord {
  const optional = (name: string) => row[name] as string | undefined
  const connection: Connection = {
    id: row.partitionKey,
    owner: row.owner as string,
    provider: row.provider as string,
    status: row.status as Connection['status'],
    ticketHash: row.ticketHash as string,
    request: JSON.parse(row.request as string),
    createdOn: row.createdOn as string,
    expiresOn: row.expiresOn as string,
    redeemingUntil: optional('redeemingUntil'),
    account: optional('account'),
    problem: row.problem === undefined ? undefined : JSON.parse(row.problem as string),
    proofHash: optional('proofHash'),
    confirmBy: optional('confirmBy'),
  }
  return { connection, grant: row.sealed === undefined ? undefined : sealedOf(row), etag: row.etag }
}

function sealedOf(row: ReadRow): SealedValue {
  return { keyId: row.keyId as string, sealed: Buffer.from(row.sealed as Uint8Array) }
}
