import type { Socket } from 'node:net'

import type { ImapFlow } from 'imapflow'

import { attemptSignIn, type Session, type SignIn, type SignInAttempt, type Verdict } from './sign-in.ts'

/** All answers to a sign-in together do not come near this. */
const MAX_BYTES = 64 * 1024
const LIMITS = { maxLineLength: MAX_BYTES, maxLiteralSize: MAX_BYTES, maxResponseSize: MAX_BYTES }

/** What `imapflow` says of a command that the server refused. */
interface CommandError {
  authenticationFailed?: boolean
  /** `NO` or `BAD`. */
  responseStatus?: string
  /** The refusal as text. */
  response?: unknown
}

/**
 * One XOAUTH2 sign-in over IMAP. `imapflow` also asks for the namespace, since Exchange may accept a sign-in whose mailbox it then does
 * not open ("BAD User is authenticated but not connected").
 *
 * @see {@link https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth#imap-protocol-exchange IMAP protocol exchange}
 */
export const signInAtImap: SignIn = (attempt) => attemptSignIn(attempt, 'tls', (session) => talk(attempt, session))

async function talk(attempt: SignInAttempt, { socket }: Session): Promise<Verdict> {
  const client = await openClient(attempt, socket)
  try {
    await client.connect()
  } catch (error) {
    client.close()
    const { authenticationFailed, responseStatus, response } = error as CommandError
    if (!authenticationFailed) throw error
    const serverText = typeof response === 'string' ? response : undefined
    return { refusal: { serverCode: responseStatus ?? 'BAD', serverText } }
  }
  // Kept of a greeting of OK only. After PREAUTH nobody asks for the token, and nothing is proven.
  if (client.greeting === undefined) throw new Error('The server did not ask for a sign-in.')
  return { goodbye: () => client.logout() }
}

async function openClient({ host, port, username, accessToken }: SignInAttempt, socket: Socket): Promise<ImapFlow> {
  const { ImapFlow } = await import('imapflow')
  const client = new ImapFlow({
    ...LIMITS,
    host,
    port,
    secure: true,
    auth: { user: username, accessToken },
    logger: false,
    disableCompression: true,
    disableAutoEnable: true,
    transport: {
      connect: (_options, onConnect) => {
        setImmediate(() => {
          onConnect()
          limit(socket)
        })
        return socket
      },
    },
  })
  // The failure is heard from connect(); an event that nobody hears would end the process.
  client.on('error', () => {})
  return client
}

/** The library bounds a line, not their number. */
function limit(socket: Socket): void {
  let received = 0
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length
    if (received > MAX_BYTES) socket.destroy()
  })
}
