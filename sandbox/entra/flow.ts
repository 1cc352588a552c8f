import { randomBytes } from 'node:crypto'

import type { Person } from '../people.ts'
import type { AuthorizeRequest } from './authorize-request.ts'
import { answerCode, answerError } from './authorize-response.ts'
import { decideConsent } from './consent.ts'
import { tenantApp } from './consents.ts'
import { type EntraContext, forgetOld, SHORT_LIFE_MS } from './context.ts'
import { personByOid } from './directory.ts'
import { EntraError } from './errors.ts'
import { readLoginHint } from './id-token.ts'
import { errorPage } from './pages/layout.ts'
import { mfaPage } from './pages/mfa-page.ts'
import { pickerPage, signInPage } from './pages/sign-in-page.ts'
import { checkAccount, mfaRequired, policyClaims } from './policy.ts'
import { sessionPeople, usableMfa } from './sessions.ts'
import { accountProblem } from './sign-in.ts'

/** One sign-in in progress, between /authorize and the answer. */
export interface Flow {
  id: string
  issuedOn: number
  /** The browser it belongs to. */
  sessionId: string
  request: AuthorizeRequest
  /** Who is signing in, once known. */
  oid?: string
  mfa: boolean
  /** `prompt` asked for a page and it was shown; it must not be shown again. */
  asked: boolean
}

export function startFlow(context: EntraContext, sessionId: string, request: AuthorizeRequest): Flow {
  forgetOld(context.flows)
  const flow = { id: randomBytes(24).toString('base64url'), issuedOn: Date.now(), sessionId, request, mfa: false, asked: false }
  context.flows.set(flow.id, flow)
  return flow
}

/** The flow a form belongs to. @throws EntraError 9002313 when it is over, too old or another browser's */
export function findFlow(context: EntraContext, id: string | null, sessionId: string | undefined): Flow {
  const flow = context.flows.get(id ?? '')
  if (!flow || flow.sessionId !== sessionId || Date.now() - flow.issuedOn > SHORT_LIFE_MS) {
    throw new EntraError(9002313, 'This sign-in has expired. Go back to the application and begin again.')
  }
  return flow
}

/** The next page, or the answer to the application when nothing is left to ask. */
export function continueFlow(context: EntraContext, flow: Flow): Response {
  const silent = flow.request.prompt === 'none'
  try {
    const person = flow.oid ? personByOid(flow.oid) : chooseAccount(context, flow)
    if (!person) return askAccount(context, flow)
    flow.oid = person.oid
    checkAccount(context, person)
    if (tenantApp(context, person.tenantId, flow.request.registration.clientId)?.disabled) throw new EntraError(7000112)
    if (mfaRequired(context, person) && !flow.mfa && !usableMfa(context, flow.sessionId, person)) {
      if (silent)
        throw new EntraError(50076, undefined, { error: 'interaction_required', claims: policyClaims(`mfa ${person.tenantId}`) })
      return mfaPage(flow, person)
    }
    return decideConsent(context, flow, person) ?? finish(context, flow, person)
  } catch (error) {
    if (!(error instanceof EntraError)) throw error
    return silent ? answerError(flow.request, error) : errorPage(error)
  }
}

function finish(context: EntraContext, flow: Flow, person: Person): Response {
  context.flows.delete(flow.id)
  return answerCode(context, flow.request, person, flow.mfa || usableMfa(context, flow.sessionId, person))
}

/** The signed-in account that may be used without asking, if there is exactly one such. */
function chooseAccount(context: EntraContext, flow: Flow): Person | undefined {
  const { prompt, loginHint } = flow.request
  if (flow.asked || prompt === 'login' || prompt === 'select_account') return undefined
  const usable = sessionPeople(context, flow.sessionId).filter((person) => !accountProblem(flow.request, person))
  const fitting = loginHint ? usable.filter((person) => matchesHint(person, loginHint)) : usable
  if (fitting.length === 1) return fitting[0]
  if (prompt !== 'none') return undefined
  throw new EntraError(fitting.length > 1 ? 16000 : 50058)
}

function matchesHint(person: Person, hint: string): boolean {
  return readLoginHint(hint) === person.oid || hint.toLowerCase() === person.userPrincipalName.toLowerCase()
}

function askAccount(context: EntraContext, flow: Flow): Response {
  const { prompt, loginHint } = flow.request
  const known = sessionPeople(context, flow.sessionId)
  const pick = !flow.asked && prompt !== 'login' && known.length > 0 && !loginHint
  flow.asked = true
  return pick ? pickerPage(flow, known) : signInPage(flow, { login: hintedName(loginHint) })
}

function hintedName(hint: string | undefined): string {
  if (!hint) return ''
  return personByOid(readLoginHint(hint) ?? '')?.userPrincipalName ?? hint
}
