import { AppError } from '../errors.ts'
import { ExpiringMap } from '../expiring-map.ts'
import type { AccessToken, Account, AccountRecord, TokenSlot } from './account.ts'
import type { AccountStore } from './account-store.ts'
import { accountProblem } from './problems.ts'
import type { Refresher } from './refresh.ts'
import { toSeconds } from './refresh-decision.ts'
import type { TokenVault } from './token-vault.ts'

/**
 * Life of the memory cache. A deleted or revoked account stops working in other instances within this time; the contract says 30 s.
 */
export const CACHE_LIFE_MS = 20_000
const CACHE_ENTRIES = 5_000
const HOUR_MS = 60 * 60_000

/** An account and the access tokens that were read with it. Never the refresh token. */
interface Cached {
  account: Account
  slots: Partial<Record<TokenSlot, AccessToken>>
}

export interface AccessTokens {
  /** The account as it is now, at most 20 s old. */
  account(id: string): Promise<Account | undefined>
  /**
   * A token that lives at least `minValidityMs` more, from memory, from the table, or from Entra. `claims` (a challenge) bypasses what
   * is there once.
   */
  get(
    id: string,
    slot: TokenSlot,
    options: { minValidityMs: number; claims?: string },
  ): Promise<{ account: Account; token: AccessToken }>
  /** Forgets what memory holds: after this instance changed or deleted the account. */
  forget(id: string): void
}

export interface AccessTokenDependencies {
  store: AccountStore
  vault: TokenVault
  refresher: Pick<Refresher, 'refresh'>
  now(): number
}

export function createAccessTokens({ store, vault, refresher, now }: AccessTokenDependencies): AccessTokens {
  const cache = new ExpiringMap<string, Cached>(CACHE_ENTRIES, CACHE_LIFE_MS, now)
  const reading = new Map<string, Promise<Cached | undefined>>()
  const refreshing = new Map<string, Promise<Cached>>()
  const usedHour = new ExpiringMap<string, number>(CACHE_ENTRIES * 4, HOUR_MS, now)

  async function opened(record: AccountRecord): Promise<Cached> {
    const { slots } = await vault.open(record)
    const entry = { account: record.account, slots }
    cache.set(record.account.id, entry)
    return entry
  }

  async function read(id: string): Promise<Cached | undefined> {
    const known = cache.get(id)
    if (known) return known
    return once(reading, id, async () => {
      const record = await store.read(id)
      return record && opened(record)
    })
  }

  /**
   * Written at most once an hour for each account and instance, so that the timer knows who is in use. Nobody waits for it: it is a hint, and
   * a store that is away must not keep a token from its caller.
   */
  function noteUse(id: string): void {
    const hour = Math.floor(now() / HOUR_MS)
    if (usedHour.get(id) === hour) return
    usedHour.set(id, hour)
    store.writeLastUsed(id, toSeconds(hour * HOUR_MS)).catch(() => usedHour.delete(id))
  }

  return {
    account: async (id) => (await read(id))?.account,
    forget: (id) => cache.delete(id),
    async get(id, slot, { minValidityMs, claims }) {
      let entry = await read(id)
      if (!entry) throw new AppError('not_found', 'There is no such account.')
      if (entry.account.status !== 'connected') throw accountProblem(entry.account)
      const inTime = (token: AccessToken | undefined) => token && Date.parse(token.expiresOn) - now() >= minValidityMs
      if (claims !== undefined || !inTime(entry.slots[slot])) {
        const goal = { slot, minValidityMs, claims, afterGeneration: claims === undefined ? undefined : entry.account.generation }
        // One question a process: fifty requests for one expired token become one claim. Other processes are held by the lease.
        entry = await once(refreshing, `${id}:${slot}:${minValidityMs}:${claims ?? ''}`, async () =>
          opened(
            await refresher.refresh(id, goal).catch((error) => {
              cache.delete(id)
              throw error
            }),
          ),
        )
      }
      noteUse(id)
      return { account: entry.account, token: entry.slots[slot] as AccessToken }
    },
  }
}

async function once<T>(running: Map<string, Promise<T>>, key: string, start: () => Promise<T>): Promise<T> {
  let promise = running.get(key)
  if (!promise) {
    promise = start().finally(() => running.delete(key))
    running.set(key, promise)
  }
  return promise
}
