import type { HttpResponseInit } from '@azure/functions'

import { AppError, problemOf } from '../errors.ts'
import { page } from './page.ts'

const titles: Record<AppError['code'], string> = {
  invalid_request: 'The request is not valid',
  unauthorized: 'The caller is not known',
  forbidden: 'The caller may not do this',
  permission_missing: 'The mailbox was not shared for this',
  not_found: 'Not found',
  conflict: 'In conflict with what is there',
  reconnect_required: 'The mailbox must be connected again',
  identity_mismatch: 'Another person signed in',
  outcome_unknown: 'Not known whether the mail was sent',
  precondition_failed: 'It has changed since',
  payload_too_large: 'Too large',
  idempotency_mismatch: 'The idempotency key belongs to another request',
  unsupported: 'Not possible here',
  mailbox_refused: 'The mailbox refused',
  throttled: 'Too many requests',
  provider_unhealthy: 'The connection to Microsoft is not in order',
  upstream_failed: 'Microsoft gave an answer we do not understand',
  upstream_unavailable: 'Microsoft does not answer right now',
  store_unavailable: 'The gateway cannot reach its store',
}

/** RFC 9457. `correlationId` is what a person quotes when asking for help. */
export function toProblem(error: unknown, correlationId: string): HttpResponseInit {
  if (!(error instanceof AppError)) {
    return problemResponse(500, {}, { type: 'about:blank', title: 'Internal error', status: 500, correlationId })
  }
  const { retryAfter } = error.details
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter)) }
  const problem = problemOf(error)
  return problemResponse(problem.status, headers, { type: 'about:blank', title: titles[error.code], ...problem, correlationId })
}

function problemResponse(status: number, headers: Record<string, string>, body: object): HttpResponseInit {
  return {
    status,
    headers: { ...headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  }
}

/** What a person reads as heading, where the code's own title is for developers. */
const pageTitles: Record<string, string> = {
  already_connected: 'Already connected',
  expired: 'This link has expired',
  state_unknown: 'This sign-in has ended',
  other_browser: 'Started in another browser',
  in_progress: 'Already being finished',
  declined: 'Mailbox not connected',
  consent_missing: 'An administrator must agree first',
}

/** The same for a person at a browser. */
export function problemPage(error: unknown, correlationId: string): { status: number; html: string } {
  const problem = error instanceof AppError ? problemOf(error) : undefined
  const html = page({
    title: (problem?.reason && pageTitles[problem.reason]) ?? (problem ? titles[problem.code] : 'Something went wrong'),
    text: problem?.detail ?? 'The gateway made a mistake; nothing was stored.',
    nextStep: problem?.nextStep ?? whoActs(problem?.action),
    reference: correlationId,
  })
  return { status: problem?.status ?? 500, html }
}

function whoActs(action: AppError['action'] | undefined): { text: string } | undefined {
  switch (action) {
    case 'tenantAdmin':
      return { text: 'An administrator of your organisation must take the next step.' }
    case 'operator':
      return { text: 'The operator of this gateway must take the next step; tell them the reference below.' }
    case 'user':
      return { text: 'You can open the link again from the application that sent it.' }
    default:
      return undefined
  }
}
