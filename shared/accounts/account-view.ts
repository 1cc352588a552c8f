import type { NextStep } from '../errors.ts'
import type { Account } from './account.ts'

/** An account as callers see it. `nextStep` is the ready link of a problem that its person can mend. */
export function accountView(account: Account, lastUsedOn: string | undefined, nextStep?: NextStep) {
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
    ...(problem && { problem: { ...problem, nextStep: problem.nextStep ?? nextStep } }),
    permissions: account.permissions,
    scopes: account.scopes,
    tokens: account.slots,
    refreshDueOn: account.refreshDueOn,
    createdOn: account.createdOn,
    ...(lastUsedOn && { lastUsedOn }),
  }
}
