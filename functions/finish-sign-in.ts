import type { HttpRequest } from '@azure/functions'

import type { AuthorizationResponse, SignInOutcome } from '../shared/accounts/connections.ts'
import { AppError } from '../shared/errors.ts'
import { readCookie } from '../shared/http/cookies.ts'
import { readBytes } from '../shared/http/input.ts'
import { page } from '../shared/http/page.ts'
import { problemPage } from '../shared/http/problem.ts'
import type { Answer, Handler } from '../shared/http/route.ts'
import type { Services } from '../shared/services.ts'

/** A code is about 1 KB; ten times that is no answer of Entra. */
const MAX_FORM_BYTES = 16 * 1024

/**
 * GET, POST oauth/callback — Entra's answer to a sign-in. It is taken only by the response mode that was asked for.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2 RFC 6749 §4.1.2}
 */
export const finishSignIn: Handler<Services> =
  ({ config, connections, browserCookie }) =>
  async ({ request, correlationId }) => {
    const parameters = await readResponse(request, config.provider.responseMode)
    const outcome = await connections.finish(parameters, readCookie(request, browserCookie.name))
    return outcome.connection.request.returnUrl === undefined ? toPage(outcome, correlationId) : toReturnUrl(outcome)
  }

async function readResponse(request: HttpRequest, mode: 'query' | 'form_post'): Promise<AuthorizationResponse> {
  if ((request.method === 'POST') !== (mode === 'form_post')) {
    throw new AppError('invalid_request', 'Answers of a sign-in come another way here; nothing was done.', {
      reason: 'response_mode',
    })
  }
  const given =
    mode === 'form_post'
      ? new URLSearchParams((await readBytes(request, MAX_FORM_BYTES)).toString())
      : new URL(request.url).searchParams
  const one = (name: string): string | undefined => {
    const values = given.getAll(name)
    if (values.length > 1)
      throw new AppError('invalid_request', 'The answer of the sign-in holds a parameter twice; nothing was done.')
    return values[0]
  }
  return { state: one('state'), code: one('code'), error: one('error'), errorSubcode: one('error_subcode') }
}

function toReturnUrl({ connection, status, proof }: SignInOutcome): Answer {
  const { returnUrl, state } = connection.request
  const url = new URL(returnUrl as string)
  for (const [name, value] of Object.entries({ connection: connection.id, status, state, proof })) {
    if (value !== undefined) url.searchParams.set(name, value)
  }
  return { status: 303, headers: { location: url.href, 'referrer-policy': 'no-referrer' } }
}

function toPage({ account, problem }: SignInOutcome, correlationId: string): Answer {
  if (problem) {
    const { status, html } = problemPage(problem, correlationId)
    return { status, page: html }
  }
  const text = `${account?.mailbox ?? 'The mailbox'} is connected. You can close this page.`
  return { page: page({ title: 'Mailbox connected', text, done: true }) }
}
