import { randomBytes } from 'node:crypto'

import type { Person } from '../people.ts'
import type { EntraContext } from './context.ts'
import { personByOid } from './directory.ts'
import { personState } from './state.ts'

const COOKIE = 'ESTSAUTH'
const SESSION_LIFE_MS = 24 * 3_600_000
/** A load test signs in thousands of browsers that never come back. */
const MOST_SESSIONS = 500

/** The browser's session id, if it has one. */
export function readSessionId(headers: Headers): string | undefined {
  return new RegExp(`(?:^|;\\s*)${COOKIE}=([A-Za-z0-9_-]{20,})`).exec(headers.get('cookie') ?? '')?.[1]
}

export function newSessionId(): string {
  return randomBytes(24).toString('base64url')
}

/** SameSite=None, as Entra's: /authorize may be posted from another site. */
export function sessionCookie(sessionId: string): string {
  return `${COOKIE}=${sessionId}; Path=/; Secure; HttpOnly; SameSite=None`
}

export function endSession(context: EntraContext, sessionId: string | undefined): void {
  if (sessionId) delete context.state.value.sessions[sessionId]
  context.state.changed()
}

/** Remembers that the person signed in with this browser. */
export function rememberAccount(context: EntraContext, sessionId: string, person: Person, mfa: boolean): void {
  const { sessions } = context.state.value
  const session = sessions[sessionId] ?? { createdOn: Date.now(), accounts: [] }
  const generation = personState(context.state.value, person.oid).sessionGeneration
  session.accounts = [...session.accounts.filter(({ oid }) => oid !== person.oid), { oid: person.oid, generation, mfa }]
  sessions[sessionId] = session
  for (const [id, { createdOn }] of Object.entries(sessions)) {
    const over = Date.now() - createdOn > SESSION_LIFE_MS || Object.keys(sessions).length > MOST_SESSIONS
    if (!over) break
    delete sessions[id]
  }
  context.state.changed()
}

/** The accounts still signed in: a changed password or a revocation ends them. */
export function sessionPeople(context: EntraContext, sessionId: string): Person[] {
  return liveAccounts(context, sessionId)
    .map(({ oid }) => personByOid(oid))
    .filter((person) => person !== undefined)
}

/** Did the person use a second factor in this browser? */
export function usableMfa(context: EntraContext, sessionId: string, person: Person): boolean {
  return liveAccounts(context, sessionId).some(({ oid, mfa }) => oid === person.oid && mfa)
}

function liveAccounts(context: EntraContext, sessionId: string) {
  const session = context.state.value.sessions[sessionId]
  if (!session || Date.now() - session.createdOn > SESSION_LIFE_MS) return []
  return session.accounts.filter(({ oid, generation }) => generation >= personState(context.state.value, oid).sessionGeneration)
}
