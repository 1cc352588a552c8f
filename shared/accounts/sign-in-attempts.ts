import { randomBytes } from 'node:crypto'

import { AppError } from '../errors.ts'
import { isId } from '../ids.ts'
import { newSignInSecrets, type SignIn, type SignInSecrets } from '../oauth/sign-in.ts'
import { STALE } from './account-store.ts'
import { type Connection, type ConnectionRecord, type ConnectionStore, statusOf } from './connection.ts'
import { hashOf, sameHash } from './hashes.ts'
import { GATEWAY_SCOPE, type KeyRing, type SealFor } from './key-ring.ts'
import type { Provider } from './provider.ts'

export interface SignInAttemptDependencies {
  store: ConnectionStore
  keyRing: KeyRing
  signIn: Pick<SignIn, 'authorizeUrl'>
  provider(name: string): Provider
  now(): number
}

const ATTEMPT_LIFE_MS = 10 * 60_000
/** Longer than the token requests of a sign-in may take. */
const REDEEM_LEASE_MS = 60_000

const instant = (ms: number) => new Date(ms).toISOString()

/** The states of a connection: minted when its link is opened, used up by the answer (RFC 6749 §10.12, RFC 9700 §4.7). */
export function createSignInAttempts({ store, keyRing, signIn, provider, now }: SignInAttemptDependencies) {
  /** Mints a state bound to this browser, and answers where to send it. */
  async function begin(connection: Connection, browser: string): Promise<URL> {
    const secrets = newSignInSecrets()
    const state = `${connection.id}.${randomBytes(32).toString('base64url')}`
    await store.addAttempt(connection.id, {
      stateHash: hashOf(state),
      browserHash: hashOf(browser),
      expiresOn: instant(now() + ATTEMPT_LIFE_MS),
      secrets: await keyRing.seal(attemptSeal(connection), Buffer.from(JSON.stringify(secrets))),
    })
    return signIn.authorizeUrl(provider(connection.provider), connection, state, secrets)
  }

  /**
   * Uses the state up and leases the connection in one transaction, before anything else happens: a repeated or parallel callback ends here,
   * without a token request.
   */
  async function takeState(
    state: string | undefined,
    browser: string | undefined,
  ): Promise<{ record: ConnectionRecord; secrets: SignInSecrets }> {
    const id = state?.split('.')[0] ?? ''
    const attempt = state && isId('con', id) ? await store.readAttempt(id, hashOf(state)) : undefined
    if (!attempt || Date.parse(attempt.expiresOn) <= now()) throw stateRefused('state_unknown')
    if (browser === undefined || !sameHash(hashOf(browser), attempt.browserHash)) throw stateRefused('other_browser')
    const was = await store.read(id)
    if (!was || statusOf(was.connection, now()) === 'expired') throw stateRefused('expired')
    const { status, redeemingUntil } = was.connection
    if (status === 'connected' || status === 'confirming') throw stateRefused('already_connected')
    if (redeemingUntil !== undefined && Date.parse(redeemingUntil) > now()) throw stateRefused('in_progress')
    const leased: Connection = { ...was.connection, redeemingUntil: instant(now() + REDEEM_LEASE_MS) }
    const record = await store.takeAttempt(was, attempt, leased)
    if (record === STALE) throw stateRefused('state_unknown')
    const secrets = JSON.parse((await keyRing.open(attemptSeal(leased), attempt.secrets)).toString()) as SignInSecrets
    return { record, secrets }
  }

  return { begin, takeState }
}

function attemptSeal({ provider, id }: Connection): SealFor {
  return { scope: GATEWAY_SCOPE, provider, id, field: 'attempt', generation: 1 }
}

const refusals = {
  state_unknown: 'This sign-in was already used, has expired, or did not start here. Open the link again.',
  other_browser: 'This sign-in was started in another browser. Open the link in the browser you want to use.',
  expired: 'The link has expired. Ask the application that sent it for a new one.',
  already_connected: 'The mailbox is already connected; nothing more is needed.',
  in_progress: 'The same sign-in is being finished in another window.',
}

function stateRefused(reason: keyof typeof refusals): AppError {
  const action = reason === 'already_connected' || reason === 'in_progress' ? 'nobody' : 'user'
  return new AppError('invalid_request', refusals[reason], { reason, action })
}
