import type { Action, NextStep } from '../errors.ts'
import type { MailProtocol } from '../oauth/xoauth2.ts'
import { quoted } from './powershell.ts'

/** What is known of the account whose sign-in failed. */
export interface AccountFacts {
  kind: 'delegated' | 'application'
  /** A personal Microsoft account: it has settings of its own and no administrator. */
  personal: boolean
  mailbox: string
  /** Who signed in; differs from the mailbox where that is shared or has another address. */
  userPrincipalName: string
}

/** One reason why something may have failed, who can mend it, and how. */
export interface Candidate {
  cause: string
  text: string
  action: Action
  nextStep: NextStep
}

type CauseText = (facts: AccountFacts, protocol: MailProtocol) => Omit<Candidate, 'cause'>

const LEARN = 'https://learn.microsoft.com'
const SUBMISSION = `${LEARN}/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission`
const CAS_MAILBOX = `${LEARN}/powershell/module/exchange/set-casmailbox`
const MAILBOX_PERMISSION = `${LEARN}/powershell/module/exchange/add-mailboxpermission`
const OAUTH = `${LEARN}/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth`
const SIGN_IN_LOGS = `${LEARN}/entra/identity/conditional-access/troubleshoot-conditional-access`
const SECURITY_DEFAULTS = `${LEARN}/entra/fundamentals/security-defaults`
const OUTLOOK_COM = 'https://support.microsoft.com/office/d088b986-291d-42b8-9564-9c414e2aa040'
const SERVICE_HEALTH = 'https://status.cloud.microsoft'

const switchOn: Record<MailProtocol, string> = {
  imap: '-ImapEnabled $true',
  pop: '-PopEnabled $true',
  smtp: '-SmtpClientAuthenticationDisabled $false',
}

const openProtocol = (mailbox: string, protocol: MailProtocol) =>
  `Set-CASMailbox -Identity ${quoted(mailbox)} ${switchOn[protocol]}`
const fullAccess = (mailbox: string, user: string) =>
  `Add-MailboxPermission -Identity ${quoted(mailbox)} -User ${user} -AccessRights FullAccess`

const name = (protocol: MailProtocol) => (protocol === 'smtp' ? 'Authenticated SMTP' : protocol.toUpperCase())

/** Every cause that the rules name: what is said, who acts, and the exact command where there is one. */
export const causeTexts = {
  protocol_off: ({ mailbox }, protocol) => ({
    action: 'tenantAdmin',
    text: `${name(protocol)} is switched off for this mailbox.`,
    nextStep: {
      text: `An Exchange administrator runs ${openProtocol(mailbox, protocol)} and waits up to an hour.`,
      url: protocol === 'smtp' ? SUBMISSION : CAS_MAILBOX,
    },
  }),
  smtp_off_in_tenant: ({ mailbox }) => ({
    action: 'tenantAdmin',
    text: 'Authenticated SMTP is switched off for the whole organisation.',
    nextStep: {
      text: `An Exchange administrator runs ${openProtocol(mailbox, 'smtp')} for this mailbox alone, which outweighs the organisation's setting, or Set-TransportConfig -SmtpClientAuthenticationDisabled $false for everybody.`,
      url: SUBMISSION,
    },
  }),
  security_defaults: () => ({
    action: 'tenantAdmin',
    text: "The organisation's security defaults block Authenticated SMTP.",
    nextStep: {
      text: 'An administrator replaces the security defaults by Conditional Access policies that allow it; or send through Graph, which they do not block.',
      url: SECURITY_DEFAULTS,
    },
  }),
  personal_protocol_off: (_facts, protocol) => ({
    action: 'user',
    text: `${name(protocol)} is switched off in the settings of this personal mailbox.`,
    nextStep: { text: 'Switch it on at outlook.com: Settings, Mail, Forwarding and IMAP.', url: OUTLOOK_COM },
  }),
  personal_refused: (_facts, protocol) => ({
    action: 'user',
    text: `Microsoft does not let this personal account use ${name(protocol)}: it may be new, blocked, or have to be confirmed.`,
    nextStep: { text: 'Sign in at outlook.com and follow what it asks for; or use Graph instead.', url: OUTLOOK_COM },
  }),
  user_without_access: ({ mailbox, userPrincipalName }) => ({
    action: 'tenantAdmin',
    text: 'The person who signed in is not the owner of this mailbox and has no full access to it, or its address is not the one Exchange knows.',
    nextStep: {
      text: `For a shared mailbox an Exchange administrator runs ${fullAccess(mailbox, quoted(userPrincipalName))}; otherwise connect with the account that owns the mailbox.`,
      url: MAILBOX_PERMISSION,
    },
  }),
  service_principal: () => ({
    action: 'tenantAdmin',
    text: 'The application is not registered in Exchange, or with the object id of its app registration instead of that of the enterprise application.',
    nextStep: {
      text: 'An Exchange administrator compares Get-ServicePrincipal with the enterprise application in Entra, and if need be runs New-ServicePrincipal -AppId <application id> -ObjectId <object id of the enterprise application>.',
      url: `${OAUTH}#register-service-principals-in-exchange`,
    },
  }),
  mailbox_permission: ({ mailbox }) => ({
    action: 'tenantAdmin',
    text: 'The application may not open this mailbox.',
    nextStep: {
      text: `An Exchange administrator runs ${fullAccess(mailbox, '<object id of the enterprise application>')}.`,
      url: MAILBOX_PERMISSION,
    },
  }),
  conditional_access: () => ({
    action: 'tenantAdmin',
    text: 'A Conditional Access policy, or an authentication policy of Exchange, refuses this protocol or the place the gateway connects from.',
    nextStep: { text: "An administrator reads which one in the person's sign-in logs in Entra.", url: SIGN_IN_LOGS },
  }),
  busy: () => ({
    action: 'nobody',
    text: 'Exchange limits the connections to this mailbox, or is not able to serve it right now.',
    nextStep: { text: 'Ask again in some minutes.' },
  }),
  network: (_facts, protocol) => ({
    action: 'operator',
    text: `The gateway does not reach Exchange's ${protocol.toUpperCase()} port: its network blocks it, or the endpoint setting names another host.`,
    nextStep: {
      text: `Check ${protocol.toUpperCase()}_ENDPOINT and what the function app's virtual network, firewall and DNS let out.`,
    },
  }),
  no_tls: (_facts, protocol) => ({
    action: 'operator',
    text: 'No trusted TLS connection came about: something between the gateway and Exchange intercepts or strips it, or the endpoint is not Exchange. Nothing was sent.',
    nextStep: { text: `Check ${protocol.toUpperCase()}_ENDPOINT, and exempt it from TLS inspection.` },
  }),
  not_exchange: (_facts, protocol) => ({
    action: 'operator',
    text: 'What answers there broke the connection off or does not speak the protocol as Exchange does.',
    nextStep: { text: `Check ${protocol.toUpperCase()}_ENDPOINT, and proxies in between.` },
  }),
  outage: () => ({
    action: 'nobody',
    text: 'Exchange Online has a disturbance.',
    nextStep: { text: 'Ask again later; Microsoft shows disturbances here.', url: SERVICE_HEALTH },
  }),
} satisfies Record<string, CauseText>

export type Cause = keyof typeof causeTexts
