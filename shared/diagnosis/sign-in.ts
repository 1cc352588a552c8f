import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** One XOAUTH2 sign-in to try. The server's certificate is always checked, so there are no TLS options. */
export interface SignInAttempt {
  host: string
  port: number
  /** The mailbox to open. */
  username: string
  accessToken: string
  /** For the whole attempt, default 10 s. */
  timeoutMs?: number
  tls?: never
}

/** What was not reached: a TCP connection, TLS (for SMTP also greeting and STARTTLS), a sign-in, or any of it in time. */
export type SignInStage = 'connect' | 'tls' | 'authenticate' | 'timeout'

export interface SignInRefusal {
  /** What the protocol calls the answer: `535 5.7.139`, `NO`, `-ERR`. */
  serverCode?: string
  /** The server's own words, for matching only: never shown or logged, and not enumerable so that neither happens by chance. */
  serverText?: string
}

export type SignInOutcome = { ok: true } | ({ ok: false; stage: SignInStage } & SignInRefusal)

export type SignIn = (attempt: SignInAttempt) => Promise<SignInOutcome>

/** A sign-in that worked says goodbye; one that did not says why. */
export type Verdict = { goodbye(): Promise<unknown> } | { refusal: SignInRefusal }

/** One connection of an attempt. `secured` tells that TLS stands, where that is not so from the beginning. */
export interface Session {
  socket: Socket
  secured(): void
}

const DEFAULT_TIMEOUT_MS = 10_000
/** The answer is known by then; an unanswered goodbye must not delay it. */
const GOODBYE_MS = 1000
const MAX_SERVER_TEXT = 500

/**
 * Connects, lets `signIn` talk, and closes the socket whatever happened. A failure is an outcome, never an exception: an exception of the
 * libraries may hold what was sent.
 */
export async function attemptSignIn(
  { host, port, username, accessToken, timeoutMs = DEFAULT_TIMEOUT_MS }: SignInAttempt,
  security: 'tls' | 'starttls',
  signIn: (session: Session) => Promise<Verdict>,
): Promise<SignInOutcome> {
  // A control character would end a field of the XOAUTH2 response and begin another one.
  if (/\p{Cc}/u.test(username + accessToken)) return refused('authenticate')
  let stage: SignInStage = 'connect'
  const socket = security === 'tls' ? connectTls({ host, port }) : connectTcp({ host, port })
  // Whoever waits hears of it as well; an error that comes when nobody does must not end the process.
  socket.on('error', () => {})
  socket.once('connect', () => {
    stage = 'tls'
  })
  const secured = () => {
    stage = 'authenticate'
  }
  const talk = async (): Promise<Verdict> => {
    await ready(socket, security === 'tls' ? 'secureConnect' : 'connect')
    if (security === 'tls') secured()
    return signIn({ socket, secured })
  }
  try {
    const verdict = await within(timeoutMs, talk())
    if (verdict === 'late') return refused('timeout')
    if ('refusal' in verdict) return refused(stage, withoutSecret(verdict.refusal, accessToken))
    await within(Math.min(GOODBYE_MS, timeoutMs), verdict.goodbye()).catch(() => {})
    return { ok: true }
  } catch {
    return refused(stage)
  } finally {
    socket.destroy()
  }
}

/** The outcome of a promise, or `late`. A promise that lost goes on unheard. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, ms, 'late')
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

function ready(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve).once('error', reject).once('close', reject)
  })
}

function refused(stage: SignInStage, { serverCode, serverText }: SignInRefusal = {}): SignInOutcome {
  const outcome: SignInOutcome = { ok: false, stage, ...(serverCode && { serverCode }) }
  return Object.defineProperty(outcome, 'serverText', { value: serverText?.slice(0, MAX_SERVER_TEXT), enumerable: false })
}

/** A server may send back what it was sent, as it came or in base64. */
function withoutSecret({ serverCode, serverText = '' }: SignInRefusal, accessToken: string): SignInRefusal {
  const echoed = serverText.includes(accessToken) || /[\w+/=-]{100,}/.test(serverText)
  return { serverCode, serverText: echoed ? undefined : serverText }
}
