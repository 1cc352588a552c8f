import type { Person } from '../../people.ts'
import { tenantById } from '../directory.ts'
import type { EntraError } from '../errors.ts'
import type { Flow } from '../flow.ts'
import { escapeHtml, flowField, page } from './layout.ts'

/** "Need admin approval": an administrator may take over here, or the person goes back without consent. */
export function approvalPage(flow: Flow, person: Person, error: EntraError): Response {
  return page(
    'Need admin approval',
    `<p class="soft">${escapeHtml(person.userPrincipalName)}</p>
<h1>Need admin approval</h1>
<p data-code="${error.code}"><strong>${escapeHtml(flow.request.registration.displayName)}</strong> needs permission to access resources
in ${escapeHtml(tenantById(person.tenantId).name)} that only an administrator can grant. Ask an administrator to grant it before you can use it.</p>
<form method="post" action="/common/approval">${flowField(flow)}<input type="hidden" name="code" value="${error.code}">
<button class="row" type="submit" name="decision" value="other">Have an admin account? Sign in with that account</button>
<button class="row" type="submit" name="decision" value="leave">Return to the application without granting consent</button>
</form>`,
  )
}
