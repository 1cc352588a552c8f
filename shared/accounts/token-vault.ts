import type { Account, AccountRecord, Tokens } from './account.ts'
import type { AccountContent } from './account-store.ts'
import { type KeyRing, keyScope, type SealFor } from './key-ring.ts'

/** Turns tokens into what may be stored, and back. */
export interface TokenVault {
  seal(account: Account, tokens: Tokens): Promise<AccountContent>
  open(record: AccountRecord): Promise<Tokens>
}

const FIELD = 'tokens'

export function createTokenVault(keyRing: KeyRing): TokenVault {
  const sealFor = (account: Account): SealFor => ({
    scope: keyScope(account.tenantId, account.userId),
    provider: account.provider,
    id: account.id,
    field: FIELD,
    generation: account.generation,
  })
  return {
    async seal(account, tokens) {
      return { account, sealed: await keyRing.seal(sealFor(account), Buffer.from(JSON.stringify(tokens))) }
    },
    async open({ account, sealed }) {
      return JSON.parse((await keyRing.open(sealFor(account), sealed)).toString()) as Tokens
    },
  }
}
