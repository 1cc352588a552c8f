import type { Action, NextStep, Problem, Upstream } from '../errors.ts'
import type { MailboxPermission, Resource } from '../oauth/permissions.ts'

/** Where an access token is kept. `graph` is handed out, `graph-cae` is for the gateway's own calls, `outlook` for IMAP, POP and SMTP. */
export type TokenSlot = 'graph' | 'graph-cae' | 'outlook'

export const slotResource: Record<TokenSlot, Resource> = { graph: 'graph', 'graph-cae': 'graph', outlook: 'outlook' }

export interface AccessToken {
  accessToken: string
  /** RFC 3339 UTC. */
  expiresOn: string
  scopes: string[]
}

/** What is sealed on the account row: one refresh token for every resource, and the access tokens by slot. */
export interface Tokens {
  refreshToken: string
  slots: Partial<Record<TokenSlot, AccessToken>>
}

/** What may be known of a slot without a key. */
export interface SlotTimes {
  expiresOn: string
  refreshedOn: string
}

/** Why an account does not work, as it is stored and shown. */
export interface AccountProblem {
  code: 'reconnect_required'
  detail: string
  action: Action
  nextStep?: NextStep
  upstream?: Upstream
}

export type AccountStatus = 'connected' | 'reconnect_required' | 'blocked'

/** One mailbox of one owner. Times are RFC 3339 UTC. */
export interface Account {
  id: string
  /** Name of the caller that connected it. */
  owner: string
  provider: string
  kind: 'delegated'
  /** Graph's `mail`, else the user principal name. */
  mailbox: string
  userPrincipalName: string
  displayName: string
  tenantId: string
  userId: string
  status: AccountStatus
  problem?: AccountProblem
  permissions: MailboxPermission[]
  scopes: string[]
  slots: Partial<Record<TokenSlot, SlotTimes>>
  /** When the timer looks at it next. */
  refreshDueOn: string
  createdOn: string
  /** Counts the commits of new tokens. */
  generation: number
  /** Consecutive failures that say nothing about the account (network, 5xx, 429). */
  failures: number
  /** Before this instant Entra is not asked again. */
  retryOn?: string
  /** What the last of these failures was, for those who ask in the meantime. */
  failure?: Problem
  lease?: Lease
}

/** Who is refreshing right now; void when `until` has passed. */
export interface Lease {
  id: string
  until: string
}

/** An account as it was read: with its sealed tokens and the version that a write must name. */
export interface AccountRecord {
  account: Account
  sealed: { keyId: string; sealed: Buffer }
  etag: string
}

/** Addresses find an account; they are compared in lower case. */
export function addressesOf(account: Pick<Account, 'mailbox' | 'userPrincipalName'>): string[] {
  return [...new Set([account.mailbox.toLowerCase(), account.userPrincipalName.toLowerCase()])]
}
