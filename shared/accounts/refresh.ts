import { AppError, problemOf } from '../errors.ts'
import { type EntraAnswer, EntraFailure } from '../oauth/entra-answer.ts'
import type { Account, AccountRecord, Lease, TokenSlot, Tokens } from './account.ts'
import { type AccountStore, STALE } from './account-store.ts'
import { jitterOf } from './jitter.ts'
import { accountProblem } from './problems.ts'
import { BLOCKED_RETRY_MS, backOffMs, decideRefresh, isFresh, type RefreshDecision, toSeconds } from './refresh-decision.ts'
import type { TokenVault } from './token-vault.ts'

/** Asks Entra for one slot's token. Throws {@link EntraFailure} for every answer that is no token. */
export type RedeemRefreshToken = (
  account: Account,
  refreshToken: string,
  slot: TokenSlot,
  claims?: string,
) => Promise<EntraAnswer>

export interface StatusChange {
  before: Account
  after: Account
}

export interface RefreshDependencies {
  store: AccountStore
  vault: TokenVault
  redeem: RedeemRefreshToken
  /** Told of every change of status, after it was stored. */
  changed(event: StatusChange): Promise<void>
  now(): number
  wait(ms: number): Promise<void>
  newLeaseId(): string
}

/** When a refresh counts as done for the one who asked. */
export interface RefreshGoal {
  slot: TokenSlot
  /** Enough when the slot's token lives this long. */
  minValidityMs: number
  /** Only a later generation than this one will do: a refresh on demand, or a challenge that names claims. */
  afterGeneration?: number
  claims?: string
  /** Ask Entra even though a tenant administrator blocked the account. */
  tryBlocked?: boolean
}

/** Longer than a call to Entra may take, so that a lease never ends under its owner's hands. */
const LEASE_MS = 60_000
const POLL_MS = 150
/** How long a request waits for another process's refresh. */
const PATIENCE_MS = 25_000

/**
 * One refresh per generation: claim by conditional write, ask Entra, commit tokens and due row in one transaction. Who loses a race reads
 * again and takes what the winner wrote. A crash after Entra's answer loses nothing: Entra does not revoke the old refresh token, the
 * lease ends, and the next run repeats it.
 *
 * @see {@link https://learn.microsoft.com/entra/identity-platform/refresh-tokens Refresh tokens}
 */
export function createRefresher(dependencies: RefreshDependencies) {
  const { store, vault, redeem, changed, now, wait, newLeaseId } = dependencies

  /** The account with a token that meets the goal, refreshed now if need be; for somebody who waits. */
  async function refresh(id: string, goal: RefreshGoal): Promise<AccountRecord> {
    const deadline = now() + PATIENCE_MS
    for (;;) {
      const record = await store.read(id)
      if (!record) throw new AppError('not_found', 'There is no such account.')
      const { account } = record
      if (meets(account, goal, now())) return record
      if (account.status === 'reconnect_required' || (account.status === 'blocked' && !goal.tryBlocked))
        throw accountProblem(account)
      if (now() > deadline) throw busy()
      const busyMs = msUntil(account.lease?.until, now())
      if (busyMs > 0) {
        await wait(Math.min(POLL_MS, busyMs))
        continue
      }
      const restMs = msUntil(account.retryOn, now())
      if (restMs > 0) throw resting(account, restMs)
      const done = await attempt(record, goal, new Date(now()).toISOString())
      if (done !== STALE) return done
    }
  }

  /** What the queue does with an account whose due row has come: decide anew, and renew the `graph` slot if it is still due. */
  async function refreshIfDue(id: string): Promise<RefreshDecision['reason'] | 'gone' | 'busy'> {
    const record = await store.read(id)
    if (!record) return 'gone'
    const { account } = record
    if (msUntil(account.lease?.until, now()) > 0) return 'busy'
    if (msUntil(account.retryOn, now()) > 0) return 'not_due'
    const lastUsedOn = await store.readLastUsed(id)
    const decision = decideRefresh(account, lastUsedOn, now(), jitterOf(id, account.generation))
    if (decision.should) {
      const done = await attempt(record, { slot: 'graph', minValidityMs: 0, tryBlocked: true }, lastUsedOn)
      return done === STALE ? 'busy' : decision.reason
    }
    if (Date.parse(account.refreshDueOn) <= now()) {
      await store.update(record, { account: { ...account, refreshDueOn: decision.at }, sealed: record.sealed })
    }
    return decision.reason
  }

  async function attempt(read: AccountRecord, goal: RefreshGoal, lastUsedOn?: string): Promise<AccountRecord | typeof STALE> {
    const lease: Lease = { id: newLeaseId(), until: new Date(now() + LEASE_MS).toISOString() }
    const claimed = await store.update(read, { account: { ...read.account, lease }, sealed: read.sealed })
    if (claimed === STALE) return STALE
    try {
      const tokens = await vault.open(claimed)
      const answer = await redeem(claimed.account, tokens.refreshToken, goal.slot, goal.claims)
      return await commit(claimed, tokens, goal.slot, answer, lastUsedOn)
    } catch (error) {
      if (error instanceof EntraFailure) return settleFailure(claimed, error)
      await release(claimed)
      throw error
    }
  }

  async function commit(claimed: AccountRecord, tokens: Tokens, slot: TokenSlot, answer: EntraAnswer, lastUsedOn?: string) {
    const { lease: _lease, retryOn: _retryOn, failure: _failure, problem: _problem, ...rest } = claimed.account
    const account: Account = {
      ...rest,
      status: 'connected',
      failures: 0,
      generation: rest.generation + 1,
      slots: { ...rest.slots, [slot]: { expiresOn: answer.token.expiresOn, refreshedOn: new Date(now()).toISOString() } },
    }
    account.refreshDueOn = decideRefresh(account, lastUsedOn, now(), jitterOf(account.id, account.generation)).at
    const renewed: Tokens = {
      refreshToken: answer.refreshToken ?? tokens.refreshToken,
      slots: { ...tokens.slots, [slot]: answer.token },
    }
    const written = await store.update(claimed, await vault.seal(account, renewed))
    // Stale: the account was connected anew, or our lease ended and another process refreshed. Theirs is newer; ours is dropped.
    if (written !== STALE && rest.status !== account.status) await changed({ before: claimed.account, after: account })
    return written
  }

  /** A definitive answer is believed only if nobody has written since the claim: the conditional write is that re-read. */
  async function settleFailure(claimed: AccountRecord, failure: EntraFailure): Promise<typeof STALE> {
    const { lease: _lease, ...rest } = claimed.account
    const account = failure.verdict === 'account' ? condemned(rest, failure, now()) : postponed(rest, failure, now())
    const written = await store.update(claimed, { account, sealed: claimed.sealed })
    if (written === STALE) return STALE
    if (rest.status !== account.status) await changed({ before: claimed.account, after: account })
    throw failure.verdict === 'account' ? accountProblem(account) : failure.error
  }

  /** After a failure of our own (vault away, a defect) the account is as it was. If even this write fails, the lease ends by itself. */
  async function release(claimed: AccountRecord): Promise<void> {
    const { lease: _lease, ...account } = claimed.account
    await store.update(claimed, { account, sealed: claimed.sealed }).catch(() => STALE)
  }

  return { refresh, refreshIfDue }
}

export type Refresher = ReturnType<typeof createRefresher>

function meets(account: Account, goal: RefreshGoal, now: number): boolean {
  if (account.status !== 'connected') return false
  if (goal.afterGeneration !== undefined && account.generation <= goal.afterGeneration) return false
  return isFresh(account, goal.slot, goal.minValidityMs, now)
}

function condemned(rest: Account, failure: EntraFailure, now: number): Account {
  const status = failure.error.action === 'tenantAdmin' ? 'blocked' : 'reconnect_required'
  const account: Account = { ...rest, status, problem: failure.accountProblem }
  if (status === 'blocked') return { ...account, refreshDueOn: toSeconds(now + BLOCKED_RETRY_MS) }
  return { ...account, refreshDueOn: decideRefresh(account, undefined, now, 0).at }
}

function postponed(rest: Account, failure: EntraFailure, now: number): Account {
  const failures = rest.failures + 1
  const retryOn = toSeconds(now + backOffMs(failures, failure.retryAfter, jitterOf(rest.id, rest.generation + failures)))
  return { ...rest, failures, retryOn, failure: problemOf(failure.error), refreshDueOn: retryOn }
}

function msUntil(instant: string | undefined, now: number): number {
  return instant === undefined ? 0 : Date.parse(instant) - now
}

function busy(): AppError {
  return new AppError('upstream_unavailable', 'The account is being refreshed right now; try again shortly.', { retryAfter: 2 })
}

/** Until Entra is asked again, the last answer stands: whoever had to act still has to. */
function resting({ failure }: Account, restMs: number): AppError {
  const retryAfter = Math.ceil(restMs / 1000)
  if (failure) {
    const { code, detail, action, reason, nextStep, upstream } = failure
    return new AppError(code, detail, { action, reason, nextStep, upstream, retryAfter })
  }
  return new AppError(
    'upstream_unavailable',
    'Microsoft Entra did not answer the last attempts; the gateway tries again by itself.',
    { retryAfter },
  )
}
