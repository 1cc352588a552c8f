import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createAccessTokens } from '../../../shared/accounts/access-tokens.ts'
import { addressKey, createAccounts, type Grant, ownerKey, statusKey } from '../../../shared/accounts/accounts.ts'
import type { StatusChange } from '../../../shared/accounts/refresh.ts'
import { toSeconds } from '../../../shared/accounts/refresh-decision.ts'
import { openStores, type Stores } from '../../support/account-fixture.ts'

const now = Date.parse('2026-11-25T12:00:00Z')
let stores: Stores

beforeAll(async () => {
  stores = await openStores(() => now)
})
afterAll(() => stores.close())

function instance() {
  const changes: StatusChange[] = []
  const { accounts: store, index, vault } = stores
  const refresher = { refresh: () => Promise.reject(new Error('not asked for')) }
  const accessTokens = createAccessTokens({ store, vault, refresher, now: () => now })
  const changed = async (change: StatusChange) => void changes.push(change)
  return { changes, accessTokens, ...createAccounts({ store, index, vault, accessTokens, changed, now: () => now }) }
}

function grant(userId: string, more: Partial<Grant> = {}): Grant {
  const address = `${userId}@contoso.test`
  const identity = { tenantId: 'tenant', userId, userPrincipalName: address, displayName: userId, mailbox: address }
  const token = { accessToken: 'at', expiresOn: toSeconds(now + 3_600_000), scopes: ['Mail.Send'] }
  const tokens = { refreshToken: 'rt', slots: { graph: token } }
  return { owner: 'host-key', provider: 'default', identity, permissions: ['send'], scopes: ['Mail.Send'], tokens, ...more }
}

const anybody = () => true

describe('accounts', () => {
  it('makes one account of a person who connects twenty times at once in three processes', async () => {
    const processes = [instance(), instance(), instance()]
    const all = await Promise.all(Array.from({ length: 20 }, (_, number) => processes[number % 3]?.connect(grant('parallel'))))
    expect(new Set(all.map((account) => account?.id)).size).toBe(1)
    expect(await stores.index.find(ownerKey('host-key'))).toHaveLength(1)
  })

  it('keeps the id when the same person connects again, and takes the new tokens and address', async () => {
    const { connect, find } = instance()
    const first = await connect(grant('again'))
    const moved = { ...grant('again').identity, mailbox: 'married@contoso.test' }
    const second = await connect(grant('again', { identity: moved, tokens: { refreshToken: 'rt-2', slots: {} } }))
    expect(second).toMatchObject({ id: first.id, generation: first.generation + 1, createdOn: first.createdOn })
    expect((await find('married@contoso.test', anybody))?.id).toBe(first.id)
    expect((await find('AGAIN@contoso.test', anybody))?.id).toBe(first.id)
    const record = await stores.accounts.read(first.id)
    expect(record && (await stores.vault.open(record)).refreshToken).toBe('rt-2')
  })

  it('adds to what was consented to before, unless that had stopped working', async () => {
    const { connect } = instance()
    const first = await connect(grant('more', { permissions: ['send', 'read'], scopes: ['Mail.Send', 'Mail.Read'] }))
    const more = await connect(grant('more', { permissions: ['imap'], scopes: ['IMAP.AccessAsUser.All'] }))
    expect(more).toMatchObject({
      permissions: ['send', 'read', 'imap'],
      scopes: ['Mail.Send', 'Mail.Read', 'IMAP.AccessAsUser.All'],
    })
    const record = await stores.accounts.read(first.id)
    if (record) await stores.accounts.update(record, { ...record, account: { ...record.account, status: 'reconnect_required' } })
    expect(await connect(grant('more', { permissions: ['send'] }))).toMatchObject({ permissions: ['send'] })
  })

  it('gives another owner an account of its own, and neither reaches into the other', async () => {
    const { connect, find, remove } = instance()
    const mine = await connect(grant('shared'))
    const theirs = await connect(grant('shared', { owner: 'crm' }))
    expect(theirs.id).not.toBe(mine.id)
    expect((await find('shared@contoso.test', ({ owner }) => owner === 'crm'))?.id).toBe(theirs.id)
    await expect(find('shared@contoso.test', anybody)).rejects.toMatchObject({ code: 'conflict' })
    await remove(theirs)
    expect((await find(mine.id, anybody))?.id).toBe(mine.id)
  })

  it('does not let an account be found that the caller may not use', async () => {
    const { connect, find } = instance()
    const account = await connect(grant('hidden'))
    expect(await find(account.id, () => false)).toBeUndefined()
    expect(await find('hidden@contoso.test', () => false)).toBeUndefined()
  })

  it.each(['', 'acc_', 'nobody@contoso.test', '../acc_1', "' or '1' eq '1", 'acc_ILLEGALILLEGALILLEGALILL'])(
    'finds nothing under %j',
    async (reference) => {
      expect(await instance().find(reference, anybody)).toBeUndefined()
    },
  )

  it('V8: leaves no row of a deleted account anywhere, and the person may connect again under a new id', async () => {
    const { connect, find, remove } = instance()
    const account = await connect(grant('gone'))
    await remove(account)
    expect(await stores.accounts.read(account.id)).toBeUndefined()
    expect(await stores.accounts.readLastUsed(account.id)).toBeUndefined()
    for (const key of [ownerKey('host-key'), statusKey('connected'), addressKey('gone@contoso.test')]) {
      expect(await stores.index.find(key)).not.toContain(account.id)
    }
    for (let shard = 0; shard < 16; shard += 1) {
      for await (const ids of stores.accounts.due(`s${String(shard).padStart(2, '0')}`, '9999'))
        expect(ids).not.toContain(account.id)
    }
    expect(await find(account.id, anybody)).toBeUndefined()
    expect((await connect(grant('gone'))).id).not.toBe(account.id)
  })

  it('adopts an identity row that a crash left without an account', async () => {
    const { connect } = instance()
    const first = await connect(grant('crashed'))
    const record = await stores.accounts.read(first.id)
    if (record) await stores.accounts.remove(record)
    const again = await connect(grant('crashed'))
    expect(again.id).toBe(first.id)
    expect((await stores.accounts.read(again.id))?.account.generation).toBe(1)
  })

  it('tells of a broken account that its person connected again', async () => {
    const { connect, changes } = instance()
    const account = await connect(grant('healed'))
    const record = await stores.accounts.read(account.id)
    if (record) await stores.accounts.update(record, { ...record, account: { ...account, status: 'reconnect_required' } })
    await connect(grant('healed'))
    expect(changes.map(({ before, after }) => [before.status, after.status])).toEqual([['reconnect_required', 'connected']])
  })

  it('pages in order of id, each account once', async () => {
    const { connect, page } = instance()
    const made = await Promise.all(Array.from({ length: 7 }, (_, number) => connect(grant(`page${number}`, { owner: 'pager' }))))
    const seen: string[] = []
    let after: string | undefined
    do {
      const { items, next } = await page(ownerKey('pager'), after, 3, anybody)
      seen.push(...items.map(({ id }) => id))
      after = next
    } while (after)
    expect(seen).toEqual(made.map(({ id }) => id).sort())
  })
})
