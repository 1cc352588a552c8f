import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createAccessTokens } from '../../../shared/accounts/access-tokens.ts'
import type { AccountStore } from '../../../shared/accounts/account-store.ts'
import { toSeconds } from '../../../shared/accounts/refresh-decision.ts'
import { newAccount, openStores, type Stores, storeAccount } from '../../support/account-fixture.ts'
import { eventually } from '../../support/eventually.ts'

let now = Date.parse('2026-11-25T12:00:00Z')
let stores: Stores
beforeAll(async () => {
  stores = await openStores(() => now)
})
afterAll(() => stores.close())

const OPTIONS = { minValidityMs: 300_000 }
const away = () => Promise.reject(new Error('storage away'))

/** A store that can be taken away and counts what is asked of it. */
function watched() {
  const state = { away: false, reads: 0, uses: 0 }
  const store: AccountStore = {
    ...stores.accounts,
    read: (id) => {
      state.reads += 1
      return state.away ? away() : stores.accounts.read(id)
    },
    writeLastUsed: (id, on) => {
      state.uses += 1
      return state.away ? away() : stores.accounts.writeLastUsed(id, on)
    },
  }
  return { state, store }
}

async function instance() {
  const slots = { graph: { expiresOn: toSeconds(now + 3_600_000), refreshedOn: toSeconds(now) } }
  const account = await storeAccount(stores, newAccount(now, { slots }))
  const { state, store } = watched()
  const refresher = { refresh: () => Promise.reject(new Error('not asked for')) }
  return { account, state, tokens: createAccessTokens({ store, vault: stores.vault, refresher, now: () => now }) }
}

describe('access tokens', () => {
  it('answers from memory, notes the use once an hour, and reads again after twenty seconds', async () => {
    const { account, state, tokens } = await instance()
    for (let times = 0; times < 5; times += 1) await tokens.get(account.id, 'graph', OPTIONS)
    expect(state).toMatchObject({ reads: 1, uses: 1 })
    now += 21_000
    await tokens.get(account.id, 'graph', OPTIONS)
    expect(state).toMatchObject({ reads: 2, uses: 1 })
  })

  it('hands out what memory holds while the store is away, and notes the use later', async () => {
    const { account, state, tokens } = await instance()
    await tokens.account(account.id)
    state.away = true
    expect((await tokens.get(account.id, 'graph', OPTIONS)).token.accessToken).toBe('at-1')
    state.away = false
    await eventually('the use is noted', async () => {
      await tokens.get(account.id, 'graph', OPTIONS)
      return (await stores.accounts.readLastUsed(account.id)) !== undefined
    })
    expect(state.uses).toBe(2)
  })

  it('reads an account once for fifty requests that come together', async () => {
    const { account, state, tokens } = await instance()
    await Promise.all(Array.from({ length: 50 }, () => tokens.get(account.id, 'graph', OPTIONS)))
    expect(state).toMatchObject({ reads: 1, uses: 1 })
  })

  it('keeps no refresh token in what it hands on', async () => {
    const { account, tokens } = await instance()
    expect(JSON.stringify(await tokens.get(account.id, 'graph', OPTIONS))).not.toContain('rt-1')
  })
})
