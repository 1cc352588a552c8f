import type SMTPConnection from 'nodemailer/lib/smtp-connection'

import { xoauth2Response } from '../oauth/xoauth2.ts'
import { attemptSignIn, type Session, type SignIn, type SignInAttempt, type SignInRefusal, type Verdict } from './sign-in.ts'

const MAX_RESPONSE_BYTES = 64 * 1024

/** A name of our own: with `XOAUTH2` the library signs in a second time when refused, and hides the first answer. */
const METHOD = 'XOAUTH2-ONCE'

/**
 * One XOAUTH2 sign-in over SMTP. STARTTLS is demanded: without it nothing of the sign-in is sent.
 *
 * @see {@link https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth#smtp-protocol-exchange SMTP protocol exchange}
 * @see {@link https://www.rfc-editor.org/rfc/rfc3207 RFC 3207}
 */
export const signInAtSmtp: SignIn = (attempt) => attemptSignIn(attempt, 'starttls', (session) => talk(attempt, session))

async function talk(attempt: SignInAttempt, { socket, secured }: Session): Promise<Verdict> {
  const { default: Connection } = await import('nodemailer/lib/smtp-connection')
  let answer = ''
  const connection = new Connection({
    host: attempt.host,
    port: attempt.port,
    connection: socket,
    requireTLS: true,
    maxResponseSize: MAX_RESPONSE_BYTES,
    socketCloseTimeout: 0,
    customAuth: {
      [METHOD]: async ({ sendCommand }) => {
        const { username, accessToken } = attempt
        let reply = await sendCommand(`AUTH XOAUTH2 ${xoauth2Response(username, accessToken)}`)
        // Exchange first explains itself in base64, and refuses after an empty line.
        if (reply.status === 334) reply = await sendCommand('')
        answer = reply.response
      },
    },
  })
  try {
    await open(connection)
    if (!connection.secure) throw new Error('The connection is not secure.')
    secured()
    await login(connection)
  } catch (error) {
    connection.close()
    const { response } = error as { response?: unknown }
    if (typeof response !== 'string' || !/^[45]\d\d/.test(response)) throw error
    return { refusal: refusalOf(response) }
  }
  if (answer.startsWith('235')) return { goodbye: () => quit(connection) }
  connection.close()
  return { refusal: refusalOf(answer) }
}

function open(connection: SMTPConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays for the connection's life: an event that nobody hears would end the process.
    connection.on('error', reject)
    connection.connect((error) => (error ? reject(error) : resolve()))
  })
}

function login(connection: SMTPConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.once('error', reject).once('end', () => reject(new Error('The server closed the connection.')))
    connection.login({ method: METHOD }, (error) => (error ? reject(error) : resolve()))
  })
}

function quit(connection: SMTPConnection): Promise<void> {
  return new Promise((resolve) => {
    connection.once('end', () => resolve())
    connection.quit()
  })
}

/** The reply code and, when there is one, the enhanced status code (RFC 2034). */
function refusalOf(response: string): SignInRefusal {
  const [serverCode] = /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(response) ?? []
  return { serverCode: serverCode?.replace('-', ' '), serverText: response }
}
