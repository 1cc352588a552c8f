import { randomBytes, randomUUID } from 'node:crypto'

import type { Person } from '../people.ts'
import type { AuthorizeRequest, ReturnAddress } from './authorize-request.ts'
import { type EntraContext, forgetOld } from './context.ts'
import { describeError, type EntraError, newTrace } from './errors.ts'
import { formPostPage } from './pages/form-post-page.ts'

/** Issues a code and sends it to the application. */
export function answerCode(context: EntraContext, request: AuthorizeRequest, person: Person, mfa: boolean): Response {
  forgetOld(context.codes)
  const code = `1.${randomBytes(48).toString('base64url')}`
  context.codes.set(code, {
    clientId: request.registration.clientId,
    redirectUri: request.redirectUri,
    oid: person.oid,
    tenantId: person.tenantId,
    scope: request.scope,
    mfa,
    issuedOn: Date.now(),
    used: false,
    codeChallenge: request.codeChallenge,
    nonce: request.nonce,
  })
  const clientInfo = Buffer.from(JSON.stringify({ uid: person.oid, utid: person.tenantId })).toString('base64url')
  return answer(request, {
    code,
    ...(request.clientInfo ? { client_info: clientInfo } : {}),
    state: request.state,
    session_state: randomUUID(),
  })
}

/** Sends an error to the application (RFC 6749 §4.1.2.1), with Entra's `error_subcode` when the person chose so. */
export function answerError(address: ReturnAddress, error: EntraError, subcode?: string): Response {
  return answer(address, {
    error: redirectError(error),
    error_subcode: subcode,
    error_description: describeError(error, newTrace(undefined)),
    state: address.state,
    admin_consent: address.kind === 'adminConsent' ? 'True' : undefined,
    claims: error.claims,
  })
}

/** `invalid_grant` belongs to the token endpoint; on a redirect the same codes are `interaction_required`. */
function redirectError(error: EntraError): string {
  return error.error === 'invalid_grant' ? 'interaction_required' : error.error
}

/** Back to the application after an administrator's consent (v2-admin-consent): always by GET. */
export function answerAdminConsent(request: AuthorizeRequest, tenantId: string): Response {
  return answer(request, { admin_consent: 'True', tenant: tenantId, state: request.state, scope: request.scope })
}

function answer(address: ReturnAddress, fields: Record<string, string | undefined>): Response {
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)
  if (address.responseMode === 'form_post') return formPostPage(address.redirectUri, given)
  const location = new URL(address.redirectUri)
  if (address.responseMode === 'fragment') location.hash = new URLSearchParams(given).toString()
  else for (const [name, value] of given) location.searchParams.append(name, value)
  return new Response(null, {
    status: 302,
    headers: { location: location.href, 'cache-control': 'no-store, no-cache', 'referrer-policy': 'no-referrer' },
  })
}
