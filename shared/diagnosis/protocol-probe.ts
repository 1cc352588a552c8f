import type { Account } from '../accounts/account.ts'
import { PERSONAL_TENANT_ID } from '../oauth/authority.ts'
import type { MailHosts } from '../oauth/clouds.ts'
import type { MailProtocol } from '../oauth/xoauth2.ts'
import { causesOf, type FailedSignIn } from './causes.ts'
import { type DiagnosisItem, failed, ok } from './item.ts'
import type { SignIn, SignInStage } from './sign-in.ts'

export interface ProtocolDependencies {
  signIn: Record<MailProtocol, SignIn>
  endpoints: { mail: MailHosts; personalMail: MailHosts }
  timeoutMs: number
}

const names: Record<MailProtocol, string> = { imap: 'IMAP', pop: 'POP', smtp: 'SMTP' }

const whatFailed: Record<SignInStage, string> = {
  connect: 'is not reached',
  tls: 'does not come to a trusted TLS connection',
  authenticate: 'refuses the sign-in',
  timeout: 'does not answer in time',
}

/** Signs in once with XOAUTH2, as the application that fetched the token would. */
export async function probeSignIn(
  protocol: MailProtocol,
  { kind, mailbox, userPrincipalName, tenantId }: Account,
  accessToken: string,
  { signIn, endpoints, timeoutMs }: ProtocolDependencies,
): Promise<DiagnosisItem> {
  const personal = tenantId === PERSONAL_TENANT_ID
  const { host, port } = (personal ? endpoints.personalMail : endpoints.mail)[protocol]
  const outcome = await signIn[protocol]({ host, port, username: mailbox, accessToken, timeoutMs })
  if (outcome.ok) return ok(protocol, `${names[protocol]} lets the account sign in.`)
  const { candidates, certain } = causesOf(protocol, outcome, { kind, personal, mailbox, userPrincipalName })
  return failed(protocol, detailOf(protocol, outcome), candidates, certain)
}

function detailOf(protocol: MailProtocol, { stage, serverCode }: FailedSignIn): string {
  return `${names[protocol]} ${whatFailed[stage]}${serverCode ? ` (${serverCode})` : ''}.`
}
