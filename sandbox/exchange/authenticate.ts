import { setTimeout as wait } from 'node:timers/promises'

import type { Faults } from '../faults.ts'
import type { Journal } from '../journal.ts'
import { type ExchangeToken, findMailbox, isApplication, type Mailbox, mayOpen } from './mailboxes.ts'

export type Protocol = 'imap' | 'smtp' | 'pop'

/** What the three servers share. */
export interface ExchangeContext {
  journal: Journal
  faults: Faults
  verify(token: string): ExchangeToken | undefined | Promise<ExchangeToken | undefined>
  mailboxes(): Mailbox[]
  /** Is client submission switched off for this mailbox? */
  smtpAuthDisabled(mailbox: Mailbox): boolean
}

export interface Session {
  token: ExchangeToken
  mailbox: Mailbox
}

/** Why Exchange said no; the client is told little of it. */
export type Refusal = 'malformed' | 'basic' | 'token' | 'audience' | 'permission' | 'mailbox' | 'smtpAuthDisabled' | 'fault'

/** `line` is what an ordered fault answers; `drop` breaks the connection. */
export type Outcome = { session: Session } | { refusal: Refusal; line?: string } | { drop: true }

const AUDIENCES = ['https://outlook.office.com', 'https://outlook.office365.com']

const PERMISSIONS: Record<Protocol, { scope: string; role: string }> = {
  imap: { scope: 'IMAP.AccessAsUser.All', role: 'IMAP.AccessAsApp' },
  pop: { scope: 'POP.AccessAsUser.All', role: 'POP.AccessAsApp' },
  smtp: { scope: 'SMTP.Send', role: 'SMTP.SendAsApp' },
}

const SEPARATOR = String.fromCharCode(1)

/**
 * The parts of an XOAUTH2 response: base64 of `user={mailbox}^Aauth=Bearer {token}^A^A`, ^A being 0x01.
 *
 * @see {@link https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth#sasl-xoauth2 SASL XOAUTH2}
 */
function parseXoauth2(response: string): { user: string; bearer: string } | undefined {
  const [user = '', auth = '', ...rest] = Buffer.from(response, 'base64').toString('utf8').split(SEPARATOR)
  if (!user.startsWith('user=') || !/^auth=Bearer ./i.test(auth) || rest.length !== 2 || rest.join('') !== '') return undefined
  return { user: user.slice('user='.length), bearer: auth.slice('auth=Bearer '.length) }
}

/** Lets in or refuses one XOAUTH2 response, and writes that to the journal. */
export async function authenticate(context: ExchangeContext, protocol: Protocol, response: string): Promise<Outcome> {
  const parts = parseXoauth2(response)
  if (!parts) return refuse(context, protocol, 'malformed')
  const token = await context.verify(parts.bearer)
  if (!token || token.revoked) return refuse(context, protocol, 'token')

  const fault = context.faults.take('exchange', 'AUTH', `/${protocol}`, { protocol, oid: token.oid })
  if (fault?.delayMs) await wait(fault.delayMs)
  if (fault?.drop) {
    record(context, protocol, 'dropped', { oid: token.oid, outcome: 'dropped' })
    return { drop: true }
  }
  if (fault?.answer) return { ...refuse(context, protocol, 'fault', token.oid), line: fault.answer.body }

  const mailbox = findMailbox(context.mailboxes(), parts.user)
  const refusal = judge(context, protocol, token, mailbox)
  if (refusal || !mailbox) return refuse(context, protocol, refusal ?? 'mailbox', token.oid)
  record(context, protocol, 200, { oid: token.oid, outcome: 'authenticated', mailbox: mailbox.oid })
  return { session: { token, mailbox } }
}

function judge(context: ExchangeContext, protocol: Protocol, token: ExchangeToken, mailbox?: Mailbox): Refusal | undefined {
  if (!AUDIENCES.includes(token.aud.replace(/\/$/, ''))) return 'audience'
  const { scope, role } = PERMISSIONS[protocol]
  if (!(isApplication(token) ? token.roles.includes(role) : token.scp.includes(scope))) return 'permission'
  if (!mailbox || !mayOpen(token, mailbox)) return 'mailbox'
  if (protocol === 'smtp' && context.smtpAuthDisabled(mailbox)) return 'smtpAuthDisabled'
  return undefined
}

/** Writes the refusal to the journal, which alone says why. */
export function refuse(context: ExchangeContext, protocol: Protocol, refusal: Refusal, oid?: string): { refusal: Refusal } {
  record(context, protocol, 401, { oid, outcome: 'refused', refusal })
  return { refusal }
}

function record(context: ExchangeContext, protocol: Protocol, status: number | 'dropped', facts: Record<string, unknown>): void {
  const on = new Date().toISOString()
  context.journal.add({ on, service: 'exchange', method: 'AUTH', path: `/${protocol}`, status, facts: { protocol, ...facts } })
}
