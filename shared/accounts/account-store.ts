import type { Account, AccountRecord } from './account.ts'

/** A write that names an old version: someone else has written since. The caller reads again and decides anew. */
export const STALE = 'stale' as const

export type Written = AccountRecord | typeof STALE

/** New content of an account row. The store answers the record with its new version, or {@link STALE}. */
export interface AccountContent {
  account: Account
  sealed: { keyId: string; sealed: Buffer }
}

/**
 * The accounts as they are stored. Each write is one transaction: the account row on the condition of its version, and its due row
 * with it. Failures of the store itself are `store_unavailable`.
 */
export interface AccountStore {
  read(id: string): Promise<AccountRecord | undefined>
  /** STALE when the id exists already. */
  create(content: AccountContent): Promise<Written>
  /** Replaces row and due row. `was` is the record that `content` was decided on. */
  update(was: AccountRecord, content: AccountContent): Promise<Written>
  /** Row, due row and last-used row. */
  remove(was: AccountRecord): Promise<'removed' | typeof STALE>
  /** The ids in one shard whose due row has come, oldest first, in pages. */
  due(shard: string, until: string): AsyncIterable<string[]>
  readLastUsed(id: string): Promise<string | undefined>
  /** To the hour; unconditional, since a lost write costs an hour of precision. */
  writeLastUsed(id: string, on: string): Promise<void>
}

/** What finds an account by something other than its id. Entries are hints: the account row is read and compared. */
export interface AccountIndex {
  /** The id that belongs to this identity: an existing one, or `proposed` when it is new. Touches the row either way. */
  claimIdentity(identity: string, proposed: string): Promise<string>
  /** Removes the identity row unless somebody claimed it since it was read. */
  releaseIdentity(identity: string, id: string): Promise<void>
  add(id: string, keys: string[]): Promise<void>
  remove(id: string, keys: string[]): Promise<void>
  find(key: string): Promise<string[]>
  /** Ids under a key in order, after the given one. */
  page(key: string, after: string | undefined, limit: number): Promise<string[]>
}

/** The shards of the accounts table; a sweep reads each once. */
export const shards = Array.from({ length: 16 }, (_, index) => `s${String(index).padStart(2, '0')}`)
