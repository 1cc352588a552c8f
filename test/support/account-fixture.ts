import { randomBytes } from 'node:crypto'
import { type Azurite, startAzurite } from '../../sandbox/azurite.ts'
import type { Account, Tokens } from '../../shared/accounts/account.ts'
import { createKeyRing, type KeyRing } from '../../shared/accounts/key-ring.ts'
import { createTokenVault, type TokenVault } from '../../shared/accounts/token-vault.ts'
import { createTableAccountIndex } from '../../shared/azure/table-account-index.ts'
import { createTableAccountStore } from '../../shared/azure/table-account-store.ts'
import { createTableKeyStore } from '../../shared/azure/table-key-store.ts'
import { openTable, type Table } from '../../shared/azure/tables.ts'
import { newId } from '../../shared/ids.ts'

/** The product's own stores on a real Azurite, with a wrapping key that is XOR: the vault has tests of its own. */
export interface Stores {
  azurite: Azurite
  table(name: string): Table
  accounts: ReturnType<typeof createTableAccountStore>
  index: ReturnType<typeof createTableAccountIndex>
  keyRing: KeyRing
  vault: TokenVault
  close(): Promise<void>
}

export async function openStores(now: () => number = Date.now): Promise<Stores> {
  const azurite = await startAzurite()
  const table = (name: string) => openTable({ connectionString: azurite.connectionString }, name)
  const pad = randomBytes(32)
  const xor = async (bytes: Buffer) => Buffer.from(bytes.map((byte, index) => byte ^ (pad[index] as number)))
  const wrapper = { wrap: async (key: Buffer) => ({ wrapped: await xor(key), version: '1' }), unwrap: xor }
  const keyRing = createKeyRing(createTableKeyStore(table('keyring')), wrapper, now)
  return {
    azurite,
    table,
    accounts: createTableAccountStore(table('accounts')),
    index: createTableAccountIndex(table('index')),
    keyRing,
    vault: createTokenVault(keyRing),
    close: azurite.close,
  }
}

export function newAccount(now: number, more: Partial<Account> = {}): Account {
  const on = new Date(now).toISOString()
  return {
    id: newId('acc'),
    owner: 'host-key',
    provider: 'default',
    kind: 'delegated',
    mailbox: 'adele@contoso.test',
    userPrincipalName: 'adele@contoso.test',
    displayName: 'Adele',
    tenantId: 'c0470500-0000-4000-8000-000000000001',
    userId: '00000000-0000-4000-9000-000000000001',
    status: 'connected',
    permissions: ['send', 'read'],
    scopes: ['Mail.Send', 'Mail.Read'],
    slots: { graph: { expiresOn: on, refreshedOn: on } },
    refreshDueOn: `${on.slice(0, 19)}Z`,
    createdOn: on,
    generation: 1,
    failures: 0,
    ...more,
  }
}

export function tokensOf(account: Account, refreshToken = 'rt-1'): Tokens {
  const expiresOn = account.slots.graph?.expiresOn as string
  return { refreshToken, slots: { graph: { accessToken: 'at-1', expiresOn, scopes: account.scopes } } }
}

/** Stores an account as a finished sign-in would. */
export async function storeAccount(stores: Stores, account: Account, refreshToken?: string): Promise<Account> {
  const written = await stores.accounts.create(await stores.vault.seal(account, tokensOf(account, refreshToken)))
  if (written === 'stale') throw new Error('The account exists already.')
  return account
}
