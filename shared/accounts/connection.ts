import type { Problem } from '../errors.ts'
import type { MailboxPermission } from '../oauth/permissions.ts'
import type { STALE } from './account-store.ts'

/** What the application asked for when it started the sign-in. */
export interface ConnectionRequest {
  permissions: MailboxPermission[]
  loginHint?: string
  domainHint?: string
  prompt?: 'login' | 'select_account' | 'consent'
  returnUrl?: string
  /** Echoed to the return URL; the application's own. */
  state?: string
  /** The address that must come back. */
  expect?: string
  /** The account stays unusable until the application posts the proof. */
  confirm: boolean
  /** Reconnect: the id of the account whose person must come back. */
  account?: string
}

/** What is stored; `expired` and the time-out of `confirming` are derived from the instants. Times are RFC 3339 UTC. */
export interface Connection {
  id: string
  owner: string
  provider: string
  status: 'pending' | 'confirming' | 'connected' | 'failed'
  /** SHA-256 of the link's secret part. */
  ticketHash: string
  request: ConnectionRequest
  createdOn: string
  expiresOn: string
  /** While a callback redeems its code; void when passed. */
  redeemingUntil?: string
  account?: string
  problem?: Problem
  proofHash?: string
  confirmBy?: string
}

export interface SealedValue {
  keyId: string
  sealed: Buffer
}

export interface ConnectionRecord {
  connection: Connection
  /** The tokens of a sign-in that waits for its proof. */
  grant?: SealedValue
  etag: string
}

/** One minted state: single use, 10 minutes, bound to one browser. `secrets` holds PKCE verifier and nonce. */
export interface SignInAttempt {
  stateHash: string
  browserHash: string
  expiresOn: string
  secrets: SealedValue
}

export interface ConnectionStore {
  create(connection: Connection): Promise<void>
  read(id: string): Promise<ConnectionRecord | undefined>
  update(was: ConnectionRecord, connection: Connection, grant?: SealedValue): Promise<ConnectionRecord | typeof STALE>
  /** Notes when the tokens of an unproven sign-in must be gone; written before they are stored. */
  noteExpiry(id: string, on: string): Promise<void>
  /** The noted connections whose time has come. */
  expired(until: string): Promise<{ id: string; on: string }[]>
  forgetExpiry(id: string, on: string): Promise<void>
  addAttempt(id: string, attempt: SignInAttempt): Promise<void>
  readAttempt(id: string, stateHash: string): Promise<(SignInAttempt & { etag: string }) | undefined>
  /** Uses the state up and writes the connection, both or neither; of two callbacks with one state, one gets STALE. */
  takeAttempt(
    was: ConnectionRecord,
    attempt: SignInAttempt & { etag: string },
    connection: Connection,
  ): Promise<ConnectionRecord | typeof STALE>
}

/** What the application reads. */
export type ConnectionStatus = Connection['status'] | 'expired'

export function statusOf(connection: Connection, now: number): ConnectionStatus {
  const { status, expiresOn, confirmBy } = connection
  if (status === 'confirming') return confirmBy !== undefined && Date.parse(confirmBy) <= now ? 'expired' : status
  if (status === 'connected') return status
  return Date.parse(expiresOn) <= now ? 'expired' : status
}
