import type { Account } from './account.ts'

/** An account as callers see it. */
export function accountView(account: Account, lastUsedOn: string | undefined) {
  const { id, owner, provider, kind, mailbox, userPrincipalName, displayName, tenantId, userId, status, problem } = account
  return {
    id,
    owner,
    provider,
    kind,
    mailbox,
    userPrincipalName,
    displayName,
    tenantId,
    userId,
    status,
    ...(problem && { problem }),
    permissions: account.permissions,
    scopes: account.scopes,
    tokens: account.slots,
    refreshDueOn: account.refreshDueOn,
    createdOn: account.createdOn,
    ...(lastUsedOn && { lastUsedOn }),
  }
}
