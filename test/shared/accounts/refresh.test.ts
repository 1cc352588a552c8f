import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Account } from '../../../shared/accounts/account.ts'
import { createRefresher, type RedeemRefreshToken, type StatusChange } from '../../../shared/accounts/refresh.ts'
import { toSeconds } from '../../../shared/accounts/refresh-decision.ts'
import { randomToken } from '../../../shared/ids.ts'
import type { EntraAnswer } from '../../../shared/oauth/entra-answer.ts'
import { toEntraFailure } from '../../../shared/oauth/entra-errors.ts'
import { newAccount, openStores, type Stores, storeAccount } from '../../support/account-fixture.ts'

const GOAL = { slot: 'graph', minValidityMs: 300_000 } as const
const HOUR = 3_600_000

let now = Date.parse('2026-11-25T12:00:00Z')
let stores: Stores

beforeAll(async () => {
  stores = await openStores(() => now)
})
afterAll(() => stores.close())

/** Entra as the rules see it: each call is counted and answers a new token pair. */
function entra() {
  const calls: string[] = []
  const redeem: RedeemRefreshToken = async (_account, refreshToken) => {
    calls.push(refreshToken)
    return answer(calls.length + 1)
  }
  return { calls, redeem }
}

function answer(number: number): EntraAnswer {
  return {
    token: { accessToken: `at-${number}`, expiresOn: toSeconds(now + HOUR), scopes: ['Mail.Send'] },
    refreshToken: `rt-${number}`,
  }
}

const failing =
  (status: number, code?: number): RedeemRefreshToken =>
  async () => {
    throw toEntraFailure({ status, body: code ? { error: 'invalid_grant', error_codes: [code] } : undefined })
  }

function refresher(redeem: RedeemRefreshToken, store: Stores['accounts'] = stores.accounts) {
  const changes: StatusChange[] = []
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.min(ms, 5)))
  const changed = async (change: StatusChange) => void changes.push(change)
  return {
    changes,
    ...createRefresher({ store, vault: stores.vault, redeem, changed, now: () => now, wait, newLeaseId: randomToken }),
  }
}

async function read(account: Account) {
  const record = await stores.accounts.read(account.id)
  if (!record) throw new Error('gone')
  return { ...record.account, tokens: await stores.vault.open(record) }
}

const dueIds = async () => {
  const ids: string[] = []
  for (const shard of Array.from({ length: 16 }, (_, index) => `s${String(index).padStart(2, '0')}`)) {
    for await (const page of stores.accounts.due(shard, '9999')) ids.push(...page)
  }
  return ids
}

describe('refresh', () => {
  it('commits both tokens, the generation and one new due row', async () => {
    const account = await storeAccount(stores, newAccount(now))
    const { calls, redeem } = entra()
    await refresher(redeem).refresh(account.id, GOAL)
    expect(calls).toEqual(['rt-1'])
    expect(await read(account)).toMatchObject({
      generation: 2,
      failures: 0,
      tokens: { refreshToken: 'rt-2', slots: { graph: { accessToken: 'at-2' } } },
    })
    expect((await dueIds()).filter((id) => id === account.id)).toHaveLength(1)
  })

  it('R1: 50 at once in three processes make one request to Entra', async () => {
    const account = await storeAccount(stores, newAccount(now))
    const { calls, redeem } = entra()
    const processes = [refresher(redeem), refresher(redeem), refresher(redeem)]
    const records = await Promise.all(Array.from({ length: 50 }, (_, index) => processes[index % 3]?.refresh(account.id, GOAL)))
    expect(calls).toHaveLength(1)
    expect(new Set(records.map((record) => record?.account.generation))).toEqual(new Set([2]))
  })

  it('R2: after a crash between Entra’s answer and the commit the next run works, once the lease has ended', async () => {
    const account = await storeAccount(stores, newAccount(now))
    const { calls, redeem } = entra()
    // The first process dies while it has the answer in its hands: its promise never settles.
    const answered = new Promise<void>((resolve) => {
      const dying: RedeemRefreshToken = async (...given) => {
        await redeem(...given)
        resolve()
        return new Promise(() => {})
      }
      void refresher(dying).refresh(account.id, GOAL)
    })
    await answered
    expect(await refresher(redeem).refreshIfDue(account.id)).toBe('busy')
    now += 61_000
    expect(await refresher(redeem).refreshIfDue(account.id)).toMatch(/expiring|not_due/)
    await refresher(redeem).refresh(account.id, GOAL)
    expect(calls).toEqual(['rt-1', 'rt-1'])
    expect((await read(account)).tokens.refreshToken).toBe('rt-3')
  })

  it('believes a definitive answer, tells of it once and leaves the tokens', async () => {
    const account = await storeAccount(stores, newAccount(now))
    const { refresh, changes } = refresher(failing(400, 50173))
    await expect(refresh(account.id, GOAL)).rejects.toMatchObject({ code: 'reconnect_required', action: 'user' })
    await expect(refresh(account.id, GOAL)).rejects.toMatchObject({ code: 'reconnect_required' })
    expect(await read(account)).toMatchObject({ status: 'reconnect_required', problem: { upstream: { code: 'AADSTS50173' } } })
    expect(changes.map(({ before, after }) => [before.status, after.status])).toEqual([['connected', 'reconnect_required']])
  })

  it('does not believe invalid_grant when another process has refreshed meanwhile', async () => {
    const account = await storeAccount(stores, newAccount(now))
    const { redeem } = entra()
    const late: RedeemRefreshToken = async () => {
      now += 61_000
      await refresher(redeem).refresh(account.id, GOAL)
      throw toEntraFailure({ status: 400, body: { error: 'invalid_grant', error_codes: [70000] } })
    }
    const { account: seen } = await refresher(late).refresh(account.id, GOAL)
    expect(seen.status).toBe('connected')
    expect((await read(account)).status).toBe('connected')
  })

  it('drops its own answer when the account was connected anew meanwhile', async () => {
    const account = await storeAccount(stores, newAccount(now))
    const meanwhile: RedeemRefreshToken = async () => {
      const record = await stores.accounts.read(account.id)
      if (!record) throw new Error('gone')
      const { lease: _lease, ...rest } = record.account
      const slots = { graph: { expiresOn: toSeconds(now + HOUR), refreshedOn: toSeconds(now) } }
      const renewed = { ...rest, generation: 7, slots }
      const token = { accessToken: 'new', expiresOn: toSeconds(now + HOUR), scopes: [] }
      await stores.accounts.update(record, await stores.vault.seal(renewed, { refreshToken: 'newer', slots: { graph: token } }))
      return answer(99)
    }
    await refresher(meanwhile).refresh(account.id, GOAL)
    expect(await read(account)).toMatchObject({ generation: 7, tokens: { refreshToken: 'newer' } })
  })

  it.each([
    ['503', failing(503)],
    ['429', failing(429)],
    ['a broken connection', async () => Promise.reject(toEntraFailure({}))],
    ['a broken client secret', failing(401, 7000222)],
    ['a tenant that removed the app', failing(400, 700016)],
  ] as [string, RedeemRefreshToken][])('R3: %s changes no status, and Entra is left alone for a while', async (_name, redeem) => {
    const account = await storeAccount(stores, newAccount(now))
    let calls = 0
    const { refresh, changes } = refresher(async (...given) => {
      calls += 1
      return redeem(...given)
    })
    const first = await refresh(account.id, GOAL).catch((error) => error)
    const again = await refresh(account.id, GOAL).catch((error) => error)
    expect({ code: again.code, action: again.action }).toEqual({ code: first.code, action: first.action })
    expect(again.details.retryAfter).toBeGreaterThan(0)
    expect(calls).toBe(1)
    expect(await read(account)).toMatchObject({ status: 'connected', failures: 1, tokens: { refreshToken: 'rt-1' } })
    expect((await read(account)).lease).toBeUndefined()
    expect(changes).toEqual([])
  })

  it('recovers as soon as the back-off is over', async () => {
    const account = await storeAccount(stores, newAccount(now))
    await expect(refresher(failing(503)).refresh(account.id, GOAL)).rejects.toThrow()
    now += 11 * 60_000
    await refresher(entra().redeem).refresh(account.id, GOAL)
    expect(await read(account)).toMatchObject({ failures: 0, retryOn: undefined })
  })

  it('a policy of the organisation blocks the account, and it recovers by itself a day later', async () => {
    const account = await storeAccount(stores, newAccount(now))
    await expect(refresher(failing(400, 53003)).refresh(account.id, GOAL)).rejects.toMatchObject({ action: 'tenantAdmin' })
    const untouched = entra()
    await expect(refresher(untouched.redeem).refresh(account.id, GOAL)).rejects.toMatchObject({ code: 'reconnect_required' })
    expect(untouched.calls).toEqual([])
    now += 25 * HOUR
    const stillBlocked = entra()
    const refusing = refresher(async (...given) => {
      await stillBlocked.redeem(...given)
      return failing(400, 53003)(...given)
    })
    for (let message = 0; message < 3; message += 1) await refusing.refreshIfDue(account.id).catch(() => undefined)
    expect(stillBlocked.calls).toHaveLength(1)
    now += 25 * HOUR
    const { refreshIfDue, changes } = refresher(entra().redeem)
    expect(await refreshIfDue(account.id)).toBe('blocked_retry')
    expect(changes.map(({ after }) => after.status)).toEqual(['connected'])
  })

  it('gives the account back when the vault is away, so that nobody waits for the lease', async () => {
    const account = await storeAccount(stores, newAccount(now))
    const away = { ...stores.vault, open: () => Promise.reject(new Error('vault away')) }
    const { refresh } = createRefresher({
      store: stores.accounts,
      vault: away,
      redeem: entra().redeem,
      changed: async () => {},
      now: () => now,
      wait: async () => {},
      newLeaseId: randomToken,
    })
    await expect(refresh(account.id, GOAL)).rejects.toThrow('vault away')
    expect((await read(account)).lease).toBeUndefined()
  })
})

describe('refreshIfDue', () => {
  it('renews an account in use shortly before expiry and leaves an idle one, moving its due row', async () => {
    const slots = { graph: { expiresOn: toSeconds(now + 5 * 60_000), refreshedOn: toSeconds(now - HOUR) } }
    const [used, idle] = [newAccount(now, { slots }), newAccount(now, { slots })]
    await storeAccount(stores, used)
    await storeAccount(stores, idle)
    await stores.accounts.writeLastUsed(used.id, toSeconds(now - HOUR))
    const { calls, redeem } = entra()
    expect(await refresher(redeem).refreshIfDue(used.id)).toBe('expiring')
    expect(await refresher(redeem).refreshIfDue(idle.id)).toBe('not_due')
    expect(calls).toHaveLength(1)
    expect(Date.parse((await read(idle)).refreshDueOn) - now).toBeGreaterThan(5 * 24 * HOUR)
  })

  it('finds nothing to do for a second message and for a deleted account', async () => {
    const account = await storeAccount(stores, newAccount(now))
    await stores.accounts.writeLastUsed(account.id, toSeconds(now))
    const { calls, redeem } = entra()
    expect(await refresher(redeem).refreshIfDue(account.id)).toBe('expiring')
    expect(await refresher(redeem).refreshIfDue(account.id)).toBe('not_due')
    expect(calls).toHaveLength(1)
    expect(await refresher(redeem).refreshIfDue('acc_00000000000000000000000000')).toBe('gone')
  })

  it('repairs an account whose due row was lost', async () => {
    const account = await storeAccount(stores, newAccount(now))
    const table = stores.table('accounts')
    for (const shard of Array.from({ length: 16 }, (_, index) => `s${String(index).padStart(2, '0')}`)) {
      await table.remove(shard, `d:${account.refreshDueOn}:${account.id}`)
    }
    await refresher(entra().redeem).refresh(account.id, GOAL)
    expect((await dueIds()).filter((id) => id === account.id)).toHaveLength(1)
  })
})
