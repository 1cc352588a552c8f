import type { Account } from '../accounts/account.ts'
import { type LinkFor, withConnectLink } from '../accounts/problems.ts'
import { type Action, AppError, type NextStep } from '../errors.ts'
import type { MailboxPermission } from '../oauth/permissions.ts'
import type { Candidate } from './cause-texts.ts'

/** What is tried, in the order in which it is shown. */
export type Probe = 'token' | 'consentedScopes' | 'mailbox' | 'sendRight' | 'imap' | 'pop' | 'smtp' | 'allowList'

/** What one probe found. Texts are for people and hold no token; the account's own addresses appear in commands alone. */
export interface DiagnosisItem {
  probe: Probe
  outcome: 'ok' | 'failed' | 'skipped'
  detail: string
  /** Of a failure: the likeliest cause first. */
  candidates?: Candidate[]
  /** The first candidate is no guess: Microsoft named it. */
  certain?: true
  /** What to do first. */
  nextStep?: NextStep
}

export const ok = (probe: Probe, detail: string): DiagnosisItem => ({ probe, outcome: 'ok', detail })

export const skipped = (probe: Probe, detail: string): DiagnosisItem => ({ probe, outcome: 'skipped', detail })

export function failed(probe: Probe, detail: string, candidates: Candidate[], certain: boolean): DiagnosisItem {
  return { probe, outcome: 'failed', detail, candidates, ...(certain && { certain }), nextStep: candidates[0]?.nextStep }
}

/** What is said when a problem names no step of its own. */
const stepOf: Record<Action, string> = {
  user: 'The owner of the mailbox must act; the text says on what.',
  tenantAdmin: "Pass this on to the organisation's administrator.",
  operator: 'The operator of the gateway looks into its settings and log.',
  caller: 'Wait before the next call.',
  nobody: 'Ask again in some minutes; nobody has to do anything.',
}

/** Codes that say what is wrong, and not only that something did not work this time. */
const DEFINITIVE = ['reconnect_required', 'permission_missing', 'mailbox_refused', 'provider_unhealthy']

/** A problem as a failed probe. @throws what is no {@link AppError}: that is a bug and no finding. */
export async function failedBy(probe: Probe, error: unknown, account: Account, linkFor: LinkFor): Promise<DiagnosisItem> {
  if (!(error instanceof AppError)) throw error
  // A link that cannot be made must not hide what was found.
  const { code, message, action, details } = await withConnectLink(error, account, linkFor).catch(() => error)
  const microsoft = details.upstream?.code
  const nextStep = details.nextStep ?? { text: stepOf[action] }
  const detail = microsoft ? `${message} (${microsoft})` : message
  return failed(probe, detail, [{ cause: code, text: message, action, nextStep }], DEFINITIVE.includes(code))
}

/** The link by which the owner consents to these permissions as well. */
export async function consentStep(account: Account, permissions: MailboxPermission[], linkFor: LinkFor): Promise<NextStep> {
  const text = `Send the owner of the mailbox to this link, which asks for: ${permissions.join(', ')}.`
  try {
    return { text, url: await linkFor(account, permissions) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { text: `Let the owner connect the mailbox again with: ${permissions.join(', ')}.` }
  }
}
