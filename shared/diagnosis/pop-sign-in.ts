import type { Socket } from 'node:net'

import { xoauth2Response } from '../oauth/xoauth2.ts'
import { attemptSignIn, type SignIn, type Verdict } from './sign-in.ts'

/** RFC 1939 allows 512 bytes; Exchange adds diagnostics of its own. */
const MAX_LINE_BYTES = 4096

/**
 * One XOAUTH2 sign-in over POP. Afterwards the mailbox is counted, since Exchange may accept a sign-in whose mailbox it then does not
 * open. What is sent is fixed words and base64, so that no name can begin a command of its own.
 *
 * @see {@link https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth#pop-protocol-exchange POP protocol exchange}
 * @see {@link https://www.rfc-editor.org/rfc/rfc1939 RFC 1939}
 */
export const signInAtPop: SignIn = (attempt) =>
  attemptSignIn(attempt, 'tls', async ({ socket }): Promise<Verdict> => {
    const read = lineReader(socket)
    const say = (line: string) => {
      socket.write(`${line}\r\n`)
      return read()
    }
    const greeting = await read()
    if (!isOk(greeting)) return refusalOf(greeting)
    // Exchange takes the response on a line of its own only; an initial response (RFC 5034) is too long for it.
    const challenge = await say('AUTH XOAUTH2')
    if (!isContinuation(challenge)) return refusalOf(challenge)
    let answer = await say(xoauth2Response(attempt.username, attempt.accessToken))
    // An explanation in base64 before the refusal, as RFC 7628 has it, is answered by giving up.
    if (isContinuation(answer)) answer = await say('*')
    if (!isOk(answer)) return refusalOf(answer)
    const count = await say('STAT')
    if (!isOk(count)) return refusalOf(count)
    return { goodbye: () => say('QUIT') }
  })

const isOk = (line: string) => /^\+OK(?: |$)/i.test(line)
const isContinuation = (line: string) => /^\+(?: |$)/.test(line)

/** @throws when the line is no answer of POP at all: then it is not the server who refused. */
function refusalOf(line: string): Verdict {
  if (!/^-ERR(?: |$)/i.test(line)) throw new Error('The answer is not POP.')
  return { refusal: { serverCode: '-ERR', serverText: line } }
}

/** Reads one line when asked; what nobody asks for stays with the sender. */
function lineReader(socket: Socket): () => Promise<string> {
  const chunks: AsyncIterator<string> = socket.setEncoding('latin1')[Symbol.asyncIterator]()
  let unread = ''
  return async () => {
    let end = unread.indexOf('\n')
    while (end < 0 && unread.length <= MAX_LINE_BYTES) {
      const { value, done } = await chunks.next()
      if (done) throw new Error('The server closed the connection.')
      unread += value
      end = unread.indexOf('\n')
    }
    if (end < 0 || end > MAX_LINE_BYTES) throw new Error('The line is longer than any answer.')
    const line = unread.slice(0, end).replace(/\r$/, '')
    unread = unread.slice(end + 1)
    return line
  }
}
