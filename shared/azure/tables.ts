import type { TableClient, TableEntityResult, TransactionAction } from '@azure/data-tables'
import type { TokenCredential } from '@azure/identity'
import { STALE } from '../accounts/account-store.ts'
import { AppError } from '../errors.ts'

/** A row: string, number, boolean, Buffer or Date properties. */
export type Row = { partitionKey: string; rowKey: string } & Record<string, unknown>

export type ReadRow = Row & { etag: string }

/** One step of an entity group transaction. A replace or delete names the version it was decided on, or says that any will do. */
export type Step =
  | { insert: Row }
  | { replace: Row; etag: string }
  | { upsert: Row }
  | { delete: { partitionKey: string; rowKey: string }; etag: string | 'any' }

export interface Table {
  read(partitionKey: string, rowKey: string): Promise<ReadRow | undefined>
  /** False when the row exists already. */
  insert(row: Row): Promise<boolean>
  /** Answers the new version, or STALE when the row changed or is gone. */
  replace(row: Row, etag: string): Promise<string | typeof STALE>
  upsert(row: Row): Promise<void>
  /** Gone already counts as deleted unless a version is named. */
  remove(partitionKey: string, rowKey: string, etag?: string): Promise<'removed' | typeof STALE>
  /** All or nothing, in one partition. Answers the versions in order, or STALE when a condition did not hold. */
  transaction(steps: Step[]): Promise<string[] | typeof STALE>
  /** Pages of rows of one partition in key order; `from` inclusive, `to` exclusive. */
  range(partitionKey: string, from: string, to: string, select?: string[]): AsyncIterable<ReadRow[]>
}

/** A connection string (development), or the account's table endpoint with an identity. */
export type TableAccess = { connectionString: string } | { tableUrl: string; credential: () => Promise<TokenCredential> }

/** Rows of Azure Table Storage. Any failure but a lost condition is `store_unavailable`. */
export function openTable(access: TableAccess, name: string): Table {
  const client = lazyClient(access, name)

  async function run<T>(work: (client: TableClient) => Promise<T>): Promise<T> {
    const table = await client()
    try {
      return await work(table)
    } catch (error) {
      // Bicep makes the tables; a new development store has none yet.
      if (codeOf(error) !== 'TableNotFound') throw error
      await table.createTable()
      return work(table)
    }
  }

  async function guarded<T>(work: (client: TableClient) => Promise<T>, expected: (status: number | undefined) => T | undefined) {
    try {
      return await run(work)
    } catch (error) {
      const answer = expected(statusOf(error))
      if (answer !== undefined) return answer
      throw unavailable(error)
    }
  }

  return {
    read: (partitionKey, rowKey) =>
      run((table) => table.getEntity(partitionKey, rowKey)).then(toRow, (error) => {
        if (statusOf(error) === 404) return undefined
        throw unavailable(error)
      }),
    insert: (row) =>
      guarded(
        (table) => table.createEntity(row).then(() => true),
        (status) => (status === 409 ? false : undefined),
      ),
    replace: (row, etag) =>
      guarded<string | typeof STALE>(
        (table) => table.updateEntity(row, 'Replace', { etag }).then((answer) => answer.etag as string),
        (status) => (status === 412 || status === 404 ? STALE : undefined),
      ),
    upsert: (row) =>
      guarded<void>(
        (table) => table.upsertEntity(row, 'Replace').then(() => undefined),
        () => undefined,
      ),
    remove: (partitionKey, rowKey, etag) =>
      guarded<'removed' | typeof STALE>(
        (table) => table.deleteEntity(partitionKey, rowKey, { etag: etag ?? '*' }).then(() => 'removed'),
        (status) => (status === 412 ? STALE : status === 404 ? (etag === undefined ? 'removed' : STALE) : undefined),
      ),
    transaction: (steps) =>
      guarded<string[] | typeof STALE>(
        async (table) => {
          const answer = await table.submitTransaction(steps.map(toAction))
          return answer.subResponses.map((one) => one.etag ?? '')
        },
        (status) => (status === 409 || status === 412 || status === 404 ? STALE : undefined),
      ),
    range: (partitionKey, from, to, select) => pages(run, partitionKey, from, to, select),
  }
}

function lazyClient(access: TableAccess, name: string): () => Promise<TableClient> {
  let client: Promise<TableClient> | undefined
  return () => {
    client ??= (async () => {
      const { TableClient } = await import('@azure/data-tables')
      if ('connectionString' in access) {
        return TableClient.fromConnectionString(access.connectionString, name, { allowInsecureConnection: true })
      }
      return new TableClient(access.tableUrl, name, await access.credential())
    })()
    return client
  }
}

async function* pages(
  run: <T>(work: (client: TableClient) => Promise<T>) => Promise<T>,
  partitionKey: string,
  from: string,
  to: string,
  select?: string[],
): AsyncIterable<ReadRow[]> {
  const filter = `PartitionKey eq '${quoted(partitionKey)}' and RowKey ge '${quoted(from)}' and RowKey lt '${quoted(to)}'`
  let continuationToken: string | undefined
  try {
    do {
      const page = await run(async (table) => {
        const options = { queryOptions: { filter, ...(select && { select: ['PartitionKey', 'RowKey', 'etag', ...select] }) } }
        for await (const page of table.listEntities(options).byPage({ maxPageSize: 1000, continuationToken })) return page
        return undefined
      })
      if (!page) return
      yield page.map(toRow)
      continuationToken = page.continuationToken
    } while (continuationToken)
  } catch (error) {
    throw unavailable(error)
  }
}

function toAction(step: Step): TransactionAction {
  if ('insert' in step) return ['create', step.insert]
  if ('upsert' in step) return ['upsert', step.upsert, 'Replace']
  if ('replace' in step) return ['update', step.replace, 'Replace', { etag: step.etag }]
  const { partitionKey, rowKey } = step.delete
  return [
    'delete',
    { partitionKey, rowKey, etag: step.etag === 'any' ? '*' : step.etag } as { partitionKey: string; rowKey: string },
  ]
}

function toRow(entity: TableEntityResult<Record<string, unknown>>): ReadRow {
  return entity as unknown as ReadRow
}

/** OData doubles a quote inside a string. */
function quoted(text: string): string {
  return text.replaceAll("'", "''")
}

function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode
}

/** The service's code: on the error itself after a transaction, in the details after anything else. */
function codeOf(error: unknown): string | undefined {
  const { code, details } = error as { code?: string; details?: { odataError?: { code?: string } } }
  return details?.odataError?.code ?? code
}

function unavailable(cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const code = codeOf(cause) ?? (statusOf(cause) === undefined ? undefined : String(statusOf(cause)))
  return new AppError('store_unavailable', 'The storage account of the gateway did not answer as it should.', {
    cause,
    upstream: { service: 'storage', code },
  })
}
