import { randomUUID } from 'node:crypto'

import { authenticate, type ExchangeContext, refuse, type Session } from './authenticate.ts'
import type { Connection } from './connection.ts'
import { findMailbox, mayOpen } from './mailboxes.ts'

/** Gets what was submitted; a thrown error refuses the message. */
export type Deliver = (from: string, recipients: string[], raw: Buffer) => void | Promise<void>

export interface SmtpContext extends ExchangeContext {
  tls: { cert: string; key: string }
  deliver?: Deliver
}

/** Exchange Online's limits. */
const MAX_BYTES = 157_286_400
const MAX_RECIPIENTS = 1000

interface State {
  secure: boolean
  session?: Session
  from?: string
  recipients: string[]
}

interface Command {
  connection: Connection
  context: SmtpContext
  state: State
  argument: string
}

/** Answers the line to send; nothing when the connection is to end. */
type Handler = (command: Command) => Promise<string | undefined> | string | undefined

/**
 * SMTP submission with STARTTLS, as smtp.office365.com on port 587.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6409 RFC 6409}
 */
export async function serveSmtp(connection: Connection, context: SmtpContext): Promise<void> {
  const state: State = { secure: false, recipients: [] }
  connection.write('220 sandbox.outlook.office365.test Microsoft ESMTP MAIL Service ready')
  for (;;) {
    const line = await connection.readLine()
    if (line === undefined) return
    const [, verb = '', argument = ''] = /^(\S*)(?: (.*))?$/.exec(line) ?? []
    const handler = handlers[verb.toUpperCase()]
    const answer = handler ? await handler({ connection, context, state, argument }) : '500 5.3.3 Unrecognized command'
    if (answer === undefined) return connection.destroy()
    connection.write(answer)
    if (answer.startsWith('221')) return connection.end()
    if (handler === handlers.STARTTLS && answer.startsWith('220')) connection.upgrade(context.tls)
  }
}

const handlers: Record<string, Handler> = {
  EHLO: ({ state }) => {
    reset(state)
    const offers = [
      'SIZE 157286400',
      'PIPELINING',
      'DSN',
      'ENHANCEDSTATUSCODES',
      state.secure ? 'AUTH LOGIN XOAUTH2' : 'STARTTLS',
    ]
    return ['250-sandbox.outlook.office365.test Hello', ...offers.map((offer) => `250-${offer}`), '250 8BITMIME'].join('\r\n')
  },
  HELO: ({ state }) => {
    reset(state)
    return '250 sandbox.outlook.office365.test Hello'
  },
  STARTTLS: ({ state }) => {
    if (state.secure) return '503 5.5.2 Only one STARTTLS command allowed'
    // Nothing said in clear counts afterwards (RFC 3207 §4.2).
    Object.assign(state, { secure: true, from: undefined, recipients: [] })
    return '220 2.0.0 SMTP server ready'
  },
  AUTH: async (command) => {
    const { state, argument } = command
    if (!state.secure) return '504 5.7.4 Unrecognized authentication type'
    if (state.session) return '503 5.5.2 Already authenticated'
    const [mechanism = '', initial] = argument.split(' ')
    if (mechanism.toUpperCase() === 'XOAUTH2') return bearer(command, initial)
    if (mechanism.toUpperCase() === 'LOGIN') return login(command, initial)
    return '504 5.7.4 Unrecognized authentication type'
  },
  MAIL: ({ context, state, argument }) => {
    if (!state.secure) return '451 5.7.3 STARTTLS is required to send mail'
    if (!state.session) return '530 5.7.57 Client not authenticated to send mail.'
    const { address, size } = path(argument, 'FROM')
    if (address === undefined) return '501 5.5.4 Invalid arguments'
    if (state.from !== undefined) return '503 5.5.2 Sender already specified'
    if (size > MAX_BYTES) return '552 5.3.4 Message size exceeds fixed maximum message size'
    const sender = findMailbox(context.mailboxes(), address)
    if (!sender || !mayOpen(state.session.token, sender)) {
      return '554 5.2.252 SendAsDenied; the authenticated mailbox is not allowed to send as this address'
    }
    state.from = address
    return '250 2.1.0 Sender OK'
  },
  RCPT: ({ state, argument }) => {
    if (state.from === undefined) return '503 5.5.2 Need mail command'
    const { address } = path(argument, 'TO')
    if (!address) return '501 5.5.4 Invalid arguments'
    if (state.recipients.length >= MAX_RECIPIENTS) return '452 4.5.3 Too many recipients'
    state.recipients.push(address)
    return '250 2.1.5 Recipient OK'
  },
  DATA: (command) => receive(command),
  RSET: ({ state }) => {
    reset(state)
    return '250 2.0.0 Resetting'
  },
  NOOP: () => '250 2.0.0 OK',
  QUIT: () => '221 2.0.0 Service closing transmission channel',
}

async function bearer({ connection, context, state }: Command, initial?: string): Promise<string | undefined> {
  if (initial === undefined) connection.write('334 ')
  const response = initial ?? (await connection.readLine())
  if (response === undefined) return undefined
  const outcome = await authenticate(context, 'smtp', response)
  if ('drop' in outcome) return undefined
  if ('session' in outcome) {
    state.session = outcome.session
    return '235 2.7.0 Authentication successful'
  }
  if (outcome.line) return outcome.line
  if (outcome.refusal === 'smtpAuthDisabled') {
    return '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.'
  }
  const error = { status: '401', schemes: 'bearer', scope: 'https://outlook.office.com/SMTP.Send' }
  connection.write(`334 ${Buffer.from(JSON.stringify(error)).toString('base64')}`)
  if ((await connection.readLine()) === undefined) return undefined
  return '535 5.7.3 Authentication unsuccessful'
}

/** Name and password are asked for, as Exchange does, and refused whatever they are. */
async function login({ connection, context }: Command, initial?: string): Promise<string | undefined> {
  const prompts = initial === undefined ? ['Username:', 'Password:'] : ['Password:']
  for (const prompt of prompts) {
    connection.write(`334 ${Buffer.from(prompt).toString('base64')}`)
    if ((await connection.readLine()) === undefined) return undefined
  }
  refuse(context, 'smtp', 'basic')
  return '535 5.7.139 Authentication unsuccessful, basic authentication is disabled.'
}

async function receive({ connection, context, state }: Command): Promise<string | undefined> {
  if (state.recipients.length === 0) return '503 5.5.2 Need rcpt command'
  connection.write('354 Start mail input; end with <CRLF>.<CRLF>')
  const lines: string[] = []
  let bytes = 0
  for (;;) {
    const line = await connection.readLine()
    if (line === undefined) return undefined
    if (line === '.') break
    bytes += line.length + 2
    // A leading dot was doubled by the client (RFC 5321 §4.5.2).
    if (bytes <= MAX_BYTES) lines.push(line.startsWith('.') ? line.slice(1) : line)
  }
  const { from = '', recipients, session } = state
  reset(state)
  if (bytes > MAX_BYTES) return '552 5.3.4 Message size exceeds fixed maximum message size'
  await context.deliver?.(from, recipients, Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1'))
  const facts = { protocol: 'smtp', oid: session?.token.oid, outcome: 'accepted', recipients: recipients.length }
  context.journal.add({ on: new Date().toISOString(), service: 'exchange', method: 'DATA', path: '/smtp', status: 250, facts })
  return `250 2.0.0 OK <${randomUUID()}@sandbox.outlook.office365.test>`
}

function reset(state: State): void {
  state.from = undefined
  state.recipients = []
}

function path(argument: string, keyword: 'FROM' | 'TO'): { address?: string; size: number } {
  const [, address, parameters = ''] = new RegExp(`^${keyword}: ?<([^<>]*)>(.*)$`, 'i').exec(argument) ?? []
  return { address, size: Number(/ SIZE=(\d+)/i.exec(parameters)?.[1] ?? 0) }
}
