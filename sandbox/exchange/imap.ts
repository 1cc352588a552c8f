import { authenticate, type ExchangeContext, refuse, type Session } from './authenticate.ts'
import type { Connection } from './connection.ts'

const CAPABILITY = '* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE'
const FOLDERS = ['INBOX', 'Archive', 'Deleted Items', 'Drafts', 'Junk Email', 'Sent Items']

interface State {
  session?: Session
  selected?: string
}

interface Command {
  connection: Connection
  context: ExchangeContext
  state: State
  argument: string
}

/** Answers the rest of the tagged line, or nothing when the connection is to end. */
type Handler = (command: Command) => Promise<string | undefined> | string | undefined

/**
 * IMAP4rev1 over TLS as far as a client needs it to sign in, look around and leave; every folder is empty.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc3501 RFC 3501}
 */
export async function serveImap(connection: Connection, context: ExchangeContext): Promise<void> {
  const state: State = {}
  connection.write('* OK The Microsoft Exchange IMAP4 service is ready.')
  for (;;) {
    const line = await connection.readLine()
    if (line === undefined) return
    const [, tag, verb, argument = ''] = /^(\S+) ((?:UID )?\S+)(?: (.*))?$/i.exec(line) ?? []
    if (!tag || !verb) {
      connection.write('* BAD Command Error. 10')
      continue
    }
    const ending = await respond(verb.toUpperCase(), { connection, context, state, argument })
    if (ending === undefined) return connection.destroy()
    connection.write(`${tag} ${ending}`)
    if (verb.toUpperCase() === 'LOGOUT') return connection.end()
  }
}

async function respond(verb: string, command: Command): Promise<string | undefined> {
  const handler = anyState[verb] ?? (command.state.session ? authenticated[verb] : notAuthenticated[verb])
  const inFolder = command.state.selected === undefined ? undefined : selected[verb]
  const found = handler ?? inFolder
  if (found) return found(command)
  const known = [authenticated, notAuthenticated, selected].some((handlers) => handlers[verb])
  return known ? 'BAD Command received in Invalid state.' : 'BAD Command Error. 12'
}

const anyState: Record<string, Handler> = {
  CAPABILITY: ({ connection }) => {
    connection.write(CAPABILITY)
    return 'OK CAPABILITY completed.'
  },
  NOOP: () => 'OK NOOP completed.',
  ID: ({ connection }) => {
    connection.write('* ID ("name" "Microsoft.Exchange.Imap4.Imap4Server" "version" "15.20")')
    return 'OK ID completed'
  },
  LOGOUT: ({ connection }) => {
    connection.write('* BYE Microsoft Exchange Server IMAP4 server signing off.')
    return 'OK LOGOUT completed.'
  },
}

const notAuthenticated: Record<string, Handler> = {
  AUTHENTICATE: async ({ connection, context, state, argument }) => {
    const [mechanism = '', initial] = argument.split(' ')
    if (initial === undefined) connection.write('+ ')
    const response = initial ?? (await connection.readLine())
    if (response === undefined) return undefined
    if (response === '*') return 'BAD AUTHENTICATE command cancelled.'
    if (mechanism.toUpperCase() !== 'XOAUTH2') {
      refuse(context, 'imap', 'basic')
      return 'NO AUTHENTICATE failed.'
    }
    const outcome = await authenticate(context, 'imap', response)
    if ('drop' in outcome) return undefined
    if ('refusal' in outcome) return outcome.line ?? 'NO AUTHENTICATE failed.'
    state.session = outcome.session
    return 'OK AUTHENTICATE completed.'
  },
  LOGIN: ({ context }) => {
    refuse(context, 'imap', 'basic')
    return 'NO LOGIN failed.'
  },
}

const open: Handler = ({ connection, state, argument }) => {
  const folder = folderOf(argument)
  state.selected = folder
  if (!folder) return 'NO The requested folder does not exist.'
  connection.write(
    '* 0 EXISTS',
    '* 0 RECENT',
    '* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)',
    '* OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent)] Permanent flags',
    '* OK [UIDVALIDITY 1] UIDVALIDITY value',
    '* OK [UIDNEXT 1] The next unique identifier value',
  )
  return ''
}

const list =
  (verb: 'LIST' | 'LSUB'): Handler =>
  ({ connection, argument }) => {
    const pattern = /"([^"]*)"$|(\S+)$/
      .exec(argument)
      ?.slice(1)
      .find((part) => part !== undefined)
    if (pattern === '') connection.write(`* ${verb} (\\Noselect \\HasChildren) "/" ""`)
    const wanted = FOLDERS.filter((name) => pattern === '*' || pattern === '%' || name.toLowerCase() === pattern?.toLowerCase())
    connection.write(...wanted.map((name) => `* ${verb} (\\HasNoChildren) "/" ${name.includes(' ') ? `"${name}"` : name}`))
    return `OK ${verb} completed.`
  }

const authenticated: Record<string, Handler> = {
  NAMESPACE: ({ connection }) => {
    connection.write('* NAMESPACE (("" "/")) NIL NIL')
    return 'OK NAMESPACE completed.'
  },
  LIST: list('LIST'),
  LSUB: list('LSUB'),
  SELECT: async (command) => (await open(command)) || 'OK [READ-WRITE] SELECT completed.',
  EXAMINE: async (command) => (await open(command)) || 'OK [READ-ONLY] EXAMINE completed.',
  STATUS: ({ connection, argument }) => {
    const [, mailbox = '', items = ''] = /^(.*) \(([^)]*)\)$/.exec(argument) ?? []
    const folder = folderOf(mailbox)
    if (!folder) return 'NO The requested folder does not exist.'
    const values = items.split(' ').map((item) => `${item.toUpperCase()} ${/^UID/i.test(item) ? 1 : 0}`)
    connection.write(`* STATUS ${mailbox} (${values.join(' ')})`)
    return 'OK STATUS completed.'
  },
}

/** With nothing in the folder, these have nothing to say. */
const selected: Record<string, Handler> = {
  IDLE: async ({ connection }) => {
    connection.write('+ IDLE accepted, awaiting DONE command.')
    const done = await connection.readLine()
    if (done === undefined) return undefined
    return done.toUpperCase() === 'DONE' ? 'OK IDLE completed.' : 'BAD Command Error. 12'
  },
  FETCH: () => 'OK FETCH completed.',
  'UID FETCH': () => 'OK FETCH completed.',
  SEARCH: ({ connection }) => {
    connection.write('* SEARCH')
    return 'OK SEARCH completed.'
  },
  'UID SEARCH': ({ connection }) => {
    connection.write('* SEARCH')
    return 'OK SEARCH completed.'
  },
  CLOSE: (command) => leave(command, 'CLOSE'),
  UNSELECT: (command) => leave(command, 'UNSELECT'),
}

function leave({ state }: Command, verb: string): string {
  state.selected = undefined
  return `OK ${verb} completed.`
}

function folderOf(argument: string): string | undefined {
  const name = argument
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .toLowerCase()
  return FOLDERS.find((folder) => folder.toLowerCase() === name)
}
