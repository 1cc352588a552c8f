import type { Person } from '../people.ts'
import { answerAdminConsent, answerError } from './authorize-response.ts'
import { ensureTenantApp, grantedScopes, grantScopes, mayConsent, missingScopes } from './consents.ts'
import type { EntraContext } from './context.ts'
import { EntraError } from './errors.ts'
import type { Flow } from './flow.ts'
import { approvalPage } from './pages/approval-page.ts'
import { consentPage } from './pages/consent-page.ts'

/**
 * The page that is needed before the application may be answered, or undefined when everything is granted. Asking for more asks
 * only for what is new; `prompt=consent` asks for all again.
 */
export function decideConsent(context: EntraContext, flow: Flow, person: Person): Response | undefined {
  const { request } = flow
  if (request.kind === 'adminConsent') {
    if (!person.administrator) return approvalPage(flow, person, new EntraError(90094))
    return consentPage(context, flow, person, { scopes: request.scopes, roles: request.roles })
  }
  const forced = request.prompt === 'consent'
  const asked = askedScopes(context, flow, person)
  if (asked.length === 0 && !forced) return undefined
  if (request.prompt === 'none') throw new EntraError(65001, undefined, { error: 'interaction_required' })
  // Even where an administrator has consented for everyone, prompt=consent asks the person, who may not.
  if (!mayConsent(person, asked)) return approvalPage(flow, person, new EntraError(forced ? 90095 : 90094))
  return consentPage(context, flow, person, { scopes: asked, roles: [] })
}

function askedScopes(context: EntraContext, { request }: Flow, person: Person): string[] {
  if (request.prompt === 'consent') return request.scopes
  return missingScopes(grantedScopes(context, person, request.registration.clientId), request.scopes)
}

/** The consent page's answer. */
export function acceptConsent(context: EntraContext, flow: Flow, person: Person, forEveryone: boolean): Response | undefined {
  const { request } = flow
  const { clientId } = request.registration
  if (request.kind === 'adminConsent') {
    if (!person.administrator) return approvalPage(flow, person, new EntraError(90094))
    grantScopes(context, person, clientId, request.scopes, true)
    const app = ensureTenantApp(context, person.tenantId, clientId)
    app.roles = [...new Set([...app.roles, ...request.roles])]
    context.state.changed()
    context.flows.delete(flow.id)
    return answerAdminConsent(request, person.tenantId)
  }
  const asked = askedScopes(context, flow, person)
  if (!mayConsent(person, asked)) return approvalPage(flow, person, new EntraError(90094))
  grantScopes(context, person, clientId, asked, forEveryone && Boolean(person.administrator))
  // Given; the same prompt must not ask again.
  request.prompt = undefined
  return undefined
}

/** Cancel on the consent page, or leaving the approval page. */
export function declineConsent(context: EntraContext, flow: Flow, code: number): Response {
  context.flows.delete(flow.id)
  return answerError(flow.request, new EntraError(code), 'cancel')
}
