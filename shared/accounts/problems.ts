import { AppError } from '../errors.ts'
import { type MailboxPermission, mailboxPermissions } from '../oauth/permissions.ts'
import type { Account } from './account.ts'

/** The refusal of a call on an account that does not work. */
export function accountProblem(account: Account): AppError {
  const { problem } = account
  return new AppError('reconnect_required', problem?.detail ?? 'This mailbox must be connected again.', {
    action: problem?.action ?? 'user',
    nextStep: problem?.nextStep,
    upstream: problem?.upstream,
    extra: { account: account.id },
  })
}

/** Problems that the mailbox's own person can mend by signing in once more. */
const MENDED_BY_SIGN_IN = ['reconnect_required', 'permission_missing']

/** Adds the ready link to a refusal, unless somebody else must act or a link is there already. */
export async function withConnectLink(
  error: AppError,
  account: Account,
  linkFor: (account: Account, permissions: MailboxPermission[]) => Promise<string>,
): Promise<AppError> {
  const { nextStep, extra } = error.details
  if (!MENDED_BY_SIGN_IN.includes(error.code) || error.action !== 'user' || nextStep?.url) return error
  const asked = Array.isArray(extra?.permissions) ? (extra.permissions as MailboxPermission[]) : []
  const url = await linkFor(
    account,
    asked.filter((one) => mailboxPermissions.includes(one)),
  )
  const text = nextStep?.text ?? 'Send the owner of the mailbox to this link; it is good for seven days.'
  return new AppError(error.code, error.message, {
    ...error.details,
    action: error.action,
    nextStep: { text, url },
    cause: error,
  })
}
