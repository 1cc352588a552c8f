import type { Account, TokenSlot } from './account.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** An account used in this time has its `graph` token kept fresh ahead of expiry. */
const IN_USE_MS = DAY_MS
/** From this long before expiry the timer renews: two of its periods, so that one missed run hurts nobody. */
export const AHEAD_MS = 15 * MINUTE_MS
/** Idle accounts are touched every 7 ± 1 days; Entra lets a refresh token die after 90 (facts: refresh tokens). */
const KEEP_ALIVE_MS = 7 * DAY_MS
const KEEP_ALIVE_JITTER_MS = DAY_MS
/** Spreads accounts that were connected in the same minute. */
const AHEAD_JITTER_MS = 2 * MINUTE_MS
/** A blocked account is tried again daily and recovers by itself; one that needs its person is left alone. */
export const BLOCKED_RETRY_MS = DAY_MS
const NEVER = '9999-12-31T00:00:00Z'

export type RefreshReason = 'expiring' | 'keep_alive' | 'blocked_retry' | 'not_due' | 'reconnect_required'

/** Whether the timer should renew the `graph` slot now, why, and when it should look again if not. */
export interface RefreshDecision {
  should: boolean
  reason: RefreshReason
  /** RFC 3339 UTC, whole seconds. */
  at: string
}

/**
 * The timer's rule, pure. `lastUsedOn` is known to the hour; `jitter` is in [0, 1) and belongs to the account's current generation, so
 * that the same question always gets the same answer.
 */
export function decideRefresh(account: Account, lastUsedOn: string | undefined, now: number, jitter: number): RefreshDecision {
  if (account.status === 'reconnect_required') return { should: false, reason: 'reconnect_required', at: NEVER }
  const refreshedOn = Date.parse(account.slots.graph?.refreshedOn ?? account.createdOn)
  // Not from the last success: a refusal moves the day as well, so that a second message finds nothing due.
  if (account.status === 'blocked') return decided('blocked_retry', Date.parse(account.refreshDueOn), now)

  const expiresOn = Date.parse(account.slots.graph?.expiresOn ?? account.createdOn)
  const inUse = lastUsedOn !== undefined && now - Date.parse(lastUsedOn) < IN_USE_MS
  if (inUse) return decided('expiring', expiresOn - AHEAD_MS - jitter * AHEAD_JITTER_MS, now)
  return decided('keep_alive', refreshedOn + KEEP_ALIVE_MS + (2 * jitter - 1) * KEEP_ALIVE_JITTER_MS, now)
}

function decided(reason: RefreshReason, at: number, now: number): RefreshDecision {
  return at <= now ? { should: true, reason, at: toSeconds(now) } : { should: false, reason: 'not_due', at: toSeconds(at) }
}

/** Whether a slot can be handed out: it lives for at least `minValidityMs` more. */
export function isFresh(account: Account, slot: TokenSlot, minValidityMs: number, now: number): boolean {
  const expiresOn = account.slots[slot]?.expiresOn
  return expiresOn !== undefined && Date.parse(expiresOn) - now >= minValidityMs
}

const FIRST_BACK_OFF_MS = 5_000
const LONGEST_BACK_OFF_MS = 10 * MINUTE_MS

/** How long Entra is left alone after so many failures in a row; a longer Retry-After wins. At most 10 minutes, then one probe. */
export function backOffMs(failures: number, retryAfterSeconds: number | undefined, jitter: number): number {
  const exponential = FIRST_BACK_OFF_MS * 2 ** Math.min(failures - 1, 10) * (0.5 + jitter)
  return Math.min(Math.max(exponential, (retryAfterSeconds ?? 0) * 1000), LONGEST_BACK_OFF_MS)
}

/** RFC 3339 UTC with whole seconds, rounded up: never earlier than asked. */
export function toSeconds(ms: number): string {
  return `${new Date(Math.ceil(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`
}
