import type { MailProtocol } from '../oauth/xoauth2.ts'
import { type AccountFacts, type Candidate, type Cause, causeTexts } from './cause-texts.ts'
import type { SignInOutcome, SignInStage } from './sign-in.ts'

export type FailedSignIn = Extract<SignInOutcome, { ok: false }>

/** The likeliest first; `certain` when the server itself named the one cause. */
export interface Diagnosis {
  candidates: Candidate[]
  certain: boolean
}

/** The first rule whose conditions all hold, and that names a cause which this account can have, decides. */
interface Rule {
  protocols?: MailProtocol[]
  stages?: SignInStage[]
  /** Of the server's code and text. Microsoft may change its words: whatever is missed falls to a rule below. */
  server?: RegExp
  certain?: true
  causes: Cause[]
}

/**
 * `SmtpClientAuthentication is disabled`, security defaults and the 432 of too many connections are Exchange's; the codes in brackets are
 * standard: UNAVAILABLE and INUSE (RFC 5530), IN-USE (RFC 2449), SYS/TEMP (RFC 3206); replies beginning with 4 pass (RFC 5321 §4.2.1).
 *
 * @see {@link https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission Authenticated SMTP}
 * @see {@link https://github.com/postalsys/imapflow/issues/314 User is authenticated but not connected}
 * @see {@link https://github.com/jstedfast/MailKit/issues/1126 535 5.7.3 of an application}
 */
const rules: Rule[] = [
  {
    protocols: ['smtp'],
    server: /^535 5\.7\.139 .*SmtpClientAuthentication is disabled for the Mailbox/is,
    certain: true,
    causes: ['protocol_off'],
  },
  {
    protocols: ['smtp'],
    server: /^535 5\.7\.139 .*SmtpClientAuthentication is disabled for the Tenant/is,
    certain: true,
    causes: ['smtp_off_in_tenant'],
  },
  { protocols: ['smtp'], server: /^535 5\.7\.139 .*security defaults/is, certain: true, causes: ['security_defaults'] },
  // "The request did not meet the criteria to be authenticated": said of policies and of a switched-off protocol alike.
  { protocols: ['smtp'], server: /^535 5\.7\.139 /, causes: ['conditional_access', 'protocol_off', 'security_defaults'] },
  { protocols: ['smtp'], server: /^4\d\d/, certain: true, causes: ['busy'] },
  { protocols: ['imap'], server: /^(?:NO|BAD) .*\[(?:UNAVAILABLE|INUSE)\]/is, certain: true, causes: ['busy'] },
  { protocols: ['pop'], server: /^-ERR \[(?:SYS\/TEMP|IN-USE)/i, certain: true, causes: ['busy'] },
  { stages: ['connect'], causes: ['network', 'outage'] },
  { stages: ['tls'], causes: ['no_tls'] },
  { stages: ['timeout'], causes: ['network', 'outage'] },
  { server: /^$/, causes: ['not_exchange', 'outage'] },
  {
    server: /authenticated but not connected/i,
    causes: ['user_without_access', 'service_principal', 'mailbox_permission', 'protocol_off'],
  },
  // `535 5.7.3`, `NO AUTHENTICATE failed.`, `-ERR Authentication failure`: Exchange says no more than this.
  {
    causes: [
      'personal_protocol_off',
      'personal_refused',
      'protocol_off',
      'user_without_access',
      'service_principal',
      'mailbox_permission',
      'conditional_access',
    ],
  },
]

/** Why the server refused a sign-in, as far as its answer and the account tell. Decides from data alone. */
export function causesOf(protocol: MailProtocol, failure: FailedSignIn, facts: AccountFacts): Diagnosis {
  for (const rule of rules.filter((one) => holds(one, protocol, failure))) {
    const causes = rule.causes.filter((cause) => !excluded[cause]?.(facts, protocol))
    const candidates = causes.map((cause) => ({ cause, ...causeTexts[cause](facts, protocol) }))
    if (candidates.length > 0) return { candidates, certain: rule.certain ?? false }
  }
  return { candidates: [], certain: false }
}

function holds({ protocols, stages, server }: Rule, protocol: MailProtocol, failure: FailedSignIn): boolean {
  if (protocols && !protocols.includes(protocol)) return false
  if (stages && !stages.includes(failure.stage)) return false
  return !server || server.test(answerOf(failure))
}

/** What the server said, beginning with its code: SMTP and POP have it in the text already, IMAP after the tag. */
function answerOf({ serverCode = '', serverText = '' }: FailedSignIn): string {
  return serverText.startsWith(serverCode) ? serverText : `${serverCode} ${serverText}`
}

type Exclusion = (facts: AccountFacts, protocol: MailProtocol) => boolean

const isPersonal: Exclusion = ({ personal }) => personal
const notPersonal: Exclusion = ({ personal }) => !personal
const notApplication: Exclusion = ({ kind }) => kind !== 'application'

/** Which accounts cannot have a cause: what is not named here can happen to all. Without an organisation, none of its settings counts. */
const excluded: Partial<Record<Cause, Exclusion>> = {
  protocol_off: isPersonal,
  smtp_off_in_tenant: isPersonal,
  security_defaults: isPersonal,
  conditional_access: isPersonal,
  user_without_access: ({ kind, personal, mailbox, userPrincipalName }) =>
    kind === 'application' || personal || mailbox.toLowerCase() === userPrincipalName.toLowerCase(),
  service_principal: notApplication,
  mailbox_permission: notApplication,
  // Outlook.com has a switch for IMAP and POP, none for SMTP.
  personal_protocol_off: ({ personal }, protocol) => !personal || protocol === 'smtp',
  personal_refused: notPersonal,
}
