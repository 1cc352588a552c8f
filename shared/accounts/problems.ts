import { AppError, type NextStep } from '../errors.ts'
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

/** Makes the ready link that asks an account's person to sign in again, for at least these permissions. */
export type LinkFor = (account: Account, permissions: MailboxPermission[]) => Promise<string>

const SEND_TO_LINK = 'Send the owner of the mailbox to this link; it is good for seven days.'

/** Problems that the mailbox's own person can mend by signing in once more. */
const MENDED_BY_SIGN_IN = ['reconnect_required', 'permission_missing']

/** What the owner of a broken mailbox should do, with the link; nothing when somebody else must act. */
export async function nextStepOf(account: Account, linkFor: LinkFor): Promise<NextStep | undefined> {
  if (account.status !== 'reconnect_required' || account.problem?.action !== 'user') return undefined
  return { text: SEND_TO_LINK, url: await linkFor(account, []) }
}

/** Adds the ready link to a refusal, unless somebody else must act or a link is there already. */
export async function withConnectLink(error: AppError, account: Account, linkFor: LinkFor): Promise<AppError> {
  const { nextStep, extra } = error.details
  if (!MENDED_BY_SIGN_IN.includes(error.code) || error.action !== 'user' || nextStep?.url) return error
  const asked = Array.isArray(extra?.permissions) ? (extra.permissions as MailboxPermission[]) : []
  const url = await linkFor(
    account,
    asked.filter((one) => mailboxPermissions.includes(one)),
  )
  const text = nextStep?.text ?? SEND_TO_LINK
  return new AppError(error.code, error.message, {
    ...error.details,
    action: error.action,
    nextStep: { text, url },
    cause: error,
  })
}
