import type { Account } from '../accounts/account.ts'
import type { CallerPermission } from './caller-permissions.ts'

/** An application that calls the gateway. */
export interface Caller {
  name: string
  permissions: ReadonlySet<CallerPermission>
  /** Whose accounts it may use: its own, or everybody's. */
  accounts: 'own' | 'all'
}

/** The name under which the one caller of `CALLER_IDENTITY=hostKey` owns its accounts. */
export const HOST_KEY_CALLER = 'host-key'

/**
 * Who is calling. The Functions host has checked its key before this code runs and does not say which one, so there is one caller;
 * docs/decisions/0010.
 */
export function hostKeyCaller(permissions: CallerPermission[]): () => Caller {
  const caller: Caller = { name: HOST_KEY_CALLER, permissions: new Set(permissions), accounts: 'all' }
  return () => caller
}

export function mayUse(caller: Caller, { owner }: Pick<Account, 'owner'>): boolean {
  return caller.accounts === 'all' || caller.name === owner
}
