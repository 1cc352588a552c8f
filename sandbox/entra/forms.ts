import type { StandInRequest } from '../stand-in.ts'
import { acceptConsent, declineConsent } from './consent.ts'
import type { EntraContext } from './context.ts'
import { personByOid } from './directory.ts'
import { EntraError } from './errors.ts'
import { continueFlow, type Flow, findFlow } from './flow.ts'
import { errorPage, page } from './pages/layout.ts'
import { signInPage } from './pages/sign-in-page.ts'
import { endSession, readSessionId, rememberAccount, sessionPeople, usableMfa } from './sessions.ts'
import { accountProblem, signIn } from './sign-in.ts'

type FormHandler = (context: EntraContext, flow: Flow, form: URLSearchParams, facts: Record<string, unknown>) => Response

/** The forms of the pages, by the last segment of `/common/{form}`. */
export const forms = new Map<string, FormHandler>(Object.entries({ login, account, mfa, consent, approval }))

/** POST /common/{form} */
export async function submitForm(context: EntraContext, handler: FormHandler, request: StandInRequest): Promise<Response> {
  try {
    const form = await request.form()
    return handler(context, findFlow(context, form.get('flow'), readSessionId(request.headers)), form, request.facts)
  } catch (error) {
    if (!(error instanceof EntraError)) throw error
    request.facts.errorCode = error.code
    return errorPage(error)
  }
}

function login(context: EntraContext, flow: Flow, form: URLSearchParams, facts: Record<string, unknown>): Response {
  const name = form.get('login') ?? ''
  try {
    const person = signIn(context, flow.request, name, form.get('password') ?? '')
    rememberAccount(context, flow.sessionId, person, usableMfa(context, flow.sessionId, person))
    flow.oid = person.oid
  } catch (error) {
    // Policy is a dead end; everything else can be corrected on the page.
    if (!(error instanceof EntraError) || error.code === 53003) throw error
    facts.errorCode = error.code
    return signInPage(flow, { login: name, error })
  }
  return continueFlow(context, flow)
}

function account(context: EntraContext, flow: Flow, form: URLSearchParams): Response {
  const person = sessionPeople(context, flow.sessionId).find(({ oid }) => oid === form.get('account'))
  if (!person) return signInPage(flow)
  const problem = accountProblem(flow.request, person)
  if (problem) return signInPage(flow, { login: person.userPrincipalName, error: problem })
  flow.oid = person.oid
  return continueFlow(context, flow)
}

function mfa(context: EntraContext, flow: Flow): Response {
  const person = signedIn(flow)
  flow.mfa = true
  rememberAccount(context, flow.sessionId, person, true)
  return continueFlow(context, flow)
}

function consent(context: EntraContext, flow: Flow, form: URLSearchParams): Response {
  if (form.get('decision') !== 'accept') return declineConsent(context, flow, 65004)
  const person = signedIn(flow)
  return acceptConsent(context, flow, person, form.has('for_everyone')) ?? continueFlow(context, flow)
}

function approval(context: EntraContext, flow: Flow, form: URLSearchParams): Response {
  if (form.get('decision') !== 'other') return declineConsent(context, flow, form.get('code') === '90095' ? 90095 : 90094)
  flow.oid = undefined
  return signInPage(flow)
}

function signedIn(flow: Flow) {
  const person = flow.oid ? personByOid(flow.oid) : undefined
  if (!person) throw new EntraError(9002313, 'Nobody has signed in yet.')
  return person
}

/** GET /{tenant}/oauth2/v2.0/logout: ends the browser's session. Where it leads to is not followed. */
export function logout(context: EntraContext, request: StandInRequest): Response {
  endSession(context, readSessionId(request.headers))
  return page('Signed out', '<h1>You signed out of your account</h1><p>It is a good idea to close all browser windows.</p>')
}
