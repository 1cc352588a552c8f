import { authenticate, type ExchangeContext, refuse, type Session } from './authenticate.ts'
import type { Connection } from './connection.ts'

const REFUSED = '-ERR Authentication failure: unknown user name or bad password.'
const WRONG_STATE = '-ERR Command is not valid in this state.'

interface Command {
  connection: Connection
  context: ExchangeContext
  state: { session?: Session }
  argument: string
}

/** Answers the lines to send; nothing when the connection is to end. */
type Handler = (command: Command) => Promise<string[] | undefined> | string[] | undefined

/**
 * POP3 over TLS with an empty mailbox.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc1939 RFC 1939}
 */
export async function servePop(connection: Connection, context: ExchangeContext): Promise<void> {
  const state: { session?: Session } = {}
  connection.write('+OK The Microsoft Exchange POP3 service is ready.')
  for (;;) {
    const line = await connection.readLine()
    if (line === undefined) return
    const [verb = '', ...rest] = line.split(' ')
    const name = verb.toUpperCase()
    const handler = anyState[name] ?? (state.session ? transaction[name] : authorization[name])
    const unknown = authorization[name] || transaction[name] ? WRONG_STATE : '-ERR Protocol error. 14'
    const answer = handler ? await handler({ connection, context, state, argument: rest.join(' ') }) : [unknown]
    if (answer === undefined) return connection.destroy()
    connection.write(...answer)
    if (name === 'QUIT' || answer[0]?.includes('Connection is closed')) return connection.end()
  }
}

const anyState: Record<string, Handler> = {
  CAPA: () => ['+OK', 'TOP', 'UIDL', 'SASL PLAIN XOAUTH2', 'USER', '.'],
  QUIT: () => ['+OK Microsoft Exchange Server POP3 server signing off.'],
}

const authorization: Record<string, Handler> = {
  AUTH: async ({ connection, context, state, argument }) => {
    const [mechanism = '', initial] = argument.split(' ')
    // Exchange takes the response on a line of its own only, RFC 5034's initial response is too long for it.
    if (initial !== undefined) return ['-ERR Protocol error. Connection is closed. 10']
    connection.write('+ ')
    const response = await connection.readLine()
    if (response === undefined) return undefined
    if (mechanism.toUpperCase() !== 'XOAUTH2') {
      refuse(context, 'pop', 'basic')
      return [REFUSED]
    }
    const outcome = await authenticate(context, 'pop', response)
    if ('drop' in outcome) return undefined
    if ('refusal' in outcome) return [outcome.line ?? REFUSED]
    state.session = outcome.session
    return ['+OK User successfully authenticated.']
  },
  USER: () => ['+OK'],
  PASS: ({ context }) => {
    refuse(context, 'pop', 'basic')
    return [REFUSED]
  },
}

const transaction: Record<string, Handler> = {
  STAT: () => ['+OK 0 0'],
  LIST: ({ argument }) => (argument ? ['-ERR The specified message is out of range.'] : ['+OK 0 0', '.']),
  UIDL: ({ argument }) => (argument ? ['-ERR The specified message is out of range.'] : ['+OK', '.']),
  NOOP: () => ['+OK'],
  RSET: () => ['+OK'],
}
