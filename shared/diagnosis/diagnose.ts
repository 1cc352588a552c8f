import type { Account } from '../accounts/account.ts'
import type { LinkFor } from '../accounts/problems.ts'
import { AppError } from '../errors.ts'
import type { MailHosts } from '../oauth/clouds.ts'
import { type MailboxPermission, permissionsCovered, type Resource } from '../oauth/permissions.ts'
import { type MailProtocol, mailProtocols } from '../oauth/xoauth2.ts'
import { consentStep, type DiagnosisItem, failed, failedBy, ok, type Probe, skipped } from './item.ts'
import { probeSignIn } from './protocol-probe.ts'
import { type SignIn, within } from './sign-in.ts'

export interface DiagnosisDependencies {
  /** A fresh access token. @throws {@link AppError} */
  token(account: Account, resource: Resource): Promise<string>
  /** Reads the id of the inbox through Graph. @throws {@link AppError} */
  inbox(account: Account): Promise<void>
  signIn: Record<MailProtocol, SignIn>
  endpoints: { mail: MailHosts; personalMail: MailHosts }
  linkFor: LinkFor
  /** What one step may take. Four follow each other at most: a token, the inbox, a token for Outlook, the sign-ins side by side. */
  stepMs?: number
}

export type Diagnose = (account: Account) => Promise<{ items: DiagnosisItem[] }>

/** Four steps and a goodbye stay below 40 s. */
const DEFAULT_STEP_MS = 9000

const NO_TOKEN = 'No access token is got, so this cannot be tried.'

/** Tries everything that an account needs, in order; what depends on something that failed is skipped. Changes nothing. */
export function createDiagnosis({ stepMs = DEFAULT_STEP_MS, ...dependencies }: DiagnosisDependencies): Diagnose {
  const { token, inbox, linkFor } = dependencies

  /** The step's failure, or undefined; one that takes too long fails. */
  const failureOf = async (probe: Probe, account: Account, step: Promise<unknown>): Promise<DiagnosisItem | undefined> => {
    try {
      if ((await within(stepMs, step)) === 'late') throw tooSlow()
      return undefined
    } catch (error) {
      return failedBy(probe, error, account, linkFor)
    }
  }

  async function probeMailbox(account: Account, covered: ReadonlySet<MailboxPermission>): Promise<DiagnosisItem> {
    if (!covered.has('read') && !covered.has('organize')) {
      const detail = 'Nobody consented to reading this mailbox, so it cannot be opened.'
      return { ...skipped('mailbox', detail), nextStep: await consentStep(account, ['read'], linkFor) }
    }
    return (await failureOf('mailbox', account, inbox(account))) ?? ok('mailbox', 'Microsoft Graph opens the inbox.')
  }

  return async (account) => {
    const noToken = await failureOf('token', account, token(account, 'graph'))
    if (noToken) return { items: [noToken, ...afterToken.map((probe) => skipped(probe, NO_TOKEN)), allowList] }

    const covered = new Set(permissionsCovered(account.permissions, account.scopes))
    const mailbox = await probeMailbox(account, covered)
    const noMailbox = mailbox.candidates?.some(({ cause }) => cause === 'mailbox_refused') ?? false
    const outlook = await probeSignIns(account, covered, noMailbox)
    return {
      items: [
        ok('token', 'Microsoft Entra issues an access token for Graph.'),
        await probeScopes(account, covered, linkFor),
        mailbox,
        await probeSendRight(account, covered, noMailbox, linkFor),
        ...outlook,
        allowList,
      ],
    }
  }

  async function probeSignIns(account: Account, covered: ReadonlySet<MailboxPermission>, noMailbox: boolean) {
    const wanted = noMailbox ? [] : mailProtocols.filter((protocol) => covered.has(protocol))
    // One token serves all three; it is asked for only when there is something to sign in to.
    const accessToken = wanted.length > 0 ? token(account, 'outlook') : Promise.resolve('')
    const noToken = wanted.length > 0 && (await failureOf('token', account, accessToken))
    return Promise.all(
      mailProtocols.map(async (protocol): Promise<DiagnosisItem> => {
        if (!covered.has(protocol)) return notConsented(protocol, account, linkFor)
        if (noMailbox) return skipped(protocol, NO_MAILBOX)
        if (noToken) return { ...noToken, probe: protocol }
        return probeSignIn(protocol, account, await accessToken, { ...dependencies, timeoutMs: stepMs })
      }),
    )
  }
}

const afterToken: Probe[] = ['consentedScopes', 'mailbox', 'sendRight', ...mailProtocols]

const NO_MAILBOX = 'Exchange does not open the mailbox, so this cannot be tried.'

const allowList = skipped('allowList', 'Only mailboxes of the application itself are on a list; a person signed in to this one.')

const tooSlow = () => new AppError('upstream_unavailable', 'Microsoft did not answer in time.')

async function notConsented(protocol: MailProtocol, account: Account, linkFor: LinkFor): Promise<DiagnosisItem> {
  const detail = `Nobody consented to the permission "${protocol}", so there is nothing to try.`
  return { ...skipped(protocol, detail), nextStep: await consentStep(account, [protocol], linkFor) }
}

async function probeScopes(account: Account, covered: ReadonlySet<MailboxPermission>, linkFor: LinkFor): Promise<DiagnosisItem> {
  const missing = account.permissions.filter((permission) => !covered.has(permission))
  if (missing.length === 0) return ok('consentedScopes', `The consent covers: ${account.permissions.join(', ')}.`)
  return missingConsent('consentedScopes', account, missing, linkFor)
}

/** Whether Exchange takes a message of the mailbox's own owner is decided by consent alone; its limits show only when sending. */
async function probeSendRight(
  account: Account,
  covered: ReadonlySet<MailboxPermission>,
  noMailbox: boolean,
  linkFor: LinkFor,
): Promise<DiagnosisItem> {
  if (!covered.has('send')) return missingConsent('sendRight', account, ['send'], linkFor)
  if (noMailbox) return skipped('sendRight', NO_MAILBOX)
  return ok('sendRight', 'Sending from the own mailbox is consented to. That it works can only be proven by sending.')
}

async function missingConsent(probe: Probe, account: Account, permissions: MailboxPermission[], linkFor: LinkFor) {
  const text = `The consent does not cover: ${permissions.join(', ')}.`
  const nextStep = await consentStep(account, permissions, linkFor)
  return failed(probe, text, [{ cause: 'permission_missing', text, action: 'user', nextStep }], true)
}
