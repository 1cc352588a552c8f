import { createHash } from 'node:crypto'

import { AppError } from '../errors.ts'
import { isId, newId } from '../ids.ts'
import { type MailboxPermission, mailboxPermissions } from '../oauth/permissions.ts'
import type { AccessTokens } from './access-tokens.ts'
import { type Account, addressesOf, type Tokens } from './account.ts'
import { type AccountIndex, type AccountStore, STALE } from './account-store.ts'
import { jitterOf } from './jitter.ts'
import type { StatusChange } from './refresh.ts'
import { decideRefresh, toSeconds } from './refresh-decision.ts'
import type { TokenVault } from './token-vault.ts'

/** Who signed in, as the validated id_token and Graph say. */
export interface Identity {
  tenantId: string
  userId: string
  userPrincipalName: string
  displayName: string
  mailbox: string
}

/** What a finished sign-in brings: enough to make or renew an account. */
export interface Grant {
  owner: string
  provider: string
  identity: Identity
  permissions: MailboxPermission[]
  scopes: string[]
  tokens: Tokens
}

export interface AccountDependencies {
  store: AccountStore
  index: AccountIndex
  vault: TokenVault
  accessTokens: AccessTokens
  changed(event: StatusChange): Promise<void>
  now(): number
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

export const addressKey = (address: string) => `address:${sha256(address.toLowerCase())}`
export const ownerKey = (owner: string) => `owner:${owner}`
export const statusKey = (status: string) => `status:${status}`

function identityOf({ owner, provider, identity }: Grant): string {
  return sha256(JSON.stringify([owner, provider, identity.tenantId, identity.userId]))
}

function indexKeys(account: Account): string[] {
  return [ownerKey(account.owner), statusKey(account.status), ...addressesOf(account).map(addressKey)]
}

/** Makes, finds, lists and deletes accounts. */
export function createAccounts({ store, index, vault, accessTokens, changed, now }: AccountDependencies) {
  /** Makes the account of this person, or renews it and keeps its id. */
  async function connect(grant: Grant): Promise<Account> {
    const id = await index.claimIdentity(identityOf(grant), newId('acc'))
    // Connecting counts as use: the person is about to be served.
    const usedOn = toSeconds(Math.floor(now() / 3_600_000) * 3_600_000)
    await store.writeLastUsed(id, usedOn)
    for (;;) {
      const was = await store.read(id)
      const account = renewed(id, grant, was?.account, usedOn)
      await index.add(id, indexKeys(account))
      const content = await vault.seal(account, grant.tokens)
      const written = was ? await store.update(was, content) : await store.create(content)
      if (written === STALE) continue
      accessTokens.forget(id)
      if (was) {
        const gone = indexKeys(was.account).filter((key) => !indexKeys(account).includes(key))
        await index.remove(id, gone)
        if (was.account.status !== account.status) await changed({ before: was.account, after: account })
      }
      return account
    }
  }

  function renewed(
    id: string,
    { owner, provider, identity, permissions, scopes, tokens }: Grant,
    was: Account | undefined,
    usedOn: string,
  ) {
    const on = new Date(now()).toISOString()
    const slots = Object.fromEntries(
      Object.entries(tokens.slots).map(([slot, { expiresOn }]) => [slot, { expiresOn, refreshedOn: on }]),
    )
    const generation = (was?.generation ?? 0) + 1
    // Asking for less does not take back what was consented to before, while that still works.
    const kept: Pick<Account, 'permissions' | 'scopes'> = was?.status === 'connected' ? was : { permissions: [], scopes: [] }
    const account: Account = {
      id,
      owner,
      provider,
      kind: 'delegated',
      ...identity,
      status: 'connected',
      permissions: mailboxPermissions.filter((one) => permissions.includes(one) || kept.permissions.includes(one)),
      scopes: [...new Set([...kept.scopes, ...scopes])],
      slots,
      generation,
      failures: 0,
      refreshDueOn: on,
      createdOn: was?.createdOn ?? on,
    }
    account.refreshDueOn = decideRefresh(account, usedOn, now(), jitterOf(id, generation)).at
    return account
  }

  /**
   * By id or address, among the accounts that `mayUse` allows. An address that fits several is `conflict` and names their ids.
   * The answer is at most 20 s old.
   */
  async function find(reference: string, mayUse: (account: Account) => boolean): Promise<Account | undefined> {
    if (isId('acc', reference)) {
      const account = await accessTokens.account(reference)
      return account && mayUse(account) ? account : undefined
    }
    if (!reference.includes('@')) return undefined
    const address = reference.toLowerCase()
    const ids = await index.find(addressKey(address))
    const read = await Promise.all(ids.map((id) => accessTokens.account(id)))
    const fitting = read.filter((account) => account && addressesOf(account).includes(address) && mayUse(account))
    if (fitting.length > 1) {
      throw new AppError('conflict', 'This address fits several accounts; name one by its id.', {
        extra: { accounts: fitting.map((account) => account?.id) },
      })
    }
    return fitting[0]
  }

  /** Ids in order of an index key; entries that no longer hold are passed over, so a page may be short. */
  async function page(key: string, after: string | undefined, limit: number, fits: (account: Account) => boolean) {
    const ids = await index.page(key, after, limit)
    const records = await Promise.all(ids.map((id) => store.read(id)))
    const items = records.flatMap((record) => (record && fits(record.account) ? [record.account] : []))
    return { items, next: ids.length === limit ? ids.at(-1) : undefined }
  }

  /** Tokens, row and index entries are gone before this returns. */
  async function remove(account: Account): Promise<void> {
    for (;;) {
      const record = await store.read(account.id)
      if (!record) break
      if ((await store.remove(record)) === STALE) continue
      const { tenantId, userId, userPrincipalName, displayName, mailbox, owner, provider } = record.account
      const identity = { tenantId, userId, userPrincipalName, displayName, mailbox }
      await index.releaseIdentity(identityOf({ owner, provider, identity } as Grant), account.id)
      await index.remove(account.id, indexKeys(record.account))
      break
    }
    accessTokens.forget(account.id)
  }

  /** A change of status found by the refresher also moves the index entry; the new one first. */
  async function statusChanged({ before, after }: StatusChange): Promise<void> {
    await index.add(after.id, [statusKey(after.status)])
    await index.remove(after.id, [statusKey(before.status)])
  }

  return { connect, find, page, remove, statusChanged }
}

export type Accounts = ReturnType<typeof createAccounts>
