import type { Person } from '../../people.ts'
import type { EntraContext } from '../context.ts'
import { tenantById } from '../directory.ts'
import type { Flow } from '../flow.ts'
import { plainWords } from '../scopes.ts'
import { escapeHtml, flowField, page } from './layout.ts'

/** What the application asks for, in plain words, with Accept and Cancel. */
export function consentPage(
  context: EntraContext,
  flow: Flow,
  person: Person,
  asked: { scopes: string[]; roles: string[] },
): Response {
  const { request } = flow
  const forTenant = request.kind === 'adminConsent'
  const item = (canonical: string, kind: 'scopes' | 'roles') =>
    `<li data-scope="${escapeHtml(canonical)}">${escapeHtml(plainWords(context, canonical, kind))}</li>`
  const items = [...asked.scopes.map((scope) => item(scope, 'scopes')), ...asked.roles.map((role) => item(role, 'roles'))]
  const choice =
    person.administrator && !forTenant
      ? `<label class="choice"><input type="checkbox" name="for_everyone" value="true"> Consent on behalf of your organization</label>`
      : ''
  const everyone = forTenant
    ? `<p>If you accept, this application will get access for all users of ${escapeHtml(tenantById(person.tenantId).name)}. Nobody else will be asked.</p>`
    : ''
  return page(
    'Permissions requested',
    `<p class="soft">${escapeHtml(person.userPrincipalName)}</p>
<h1>Permissions requested</h1>
<p><strong>${escapeHtml(request.registration.displayName)}</strong> would like to:</p>
<ul>${items.join('')}</ul>${everyone}
<form method="post" action="/common/consent">${flowField(flow)}${choice}
<div class="actions"><button type="submit" name="decision" value="cancel">Cancel</button>
<button class="main" type="submit" name="decision" value="accept">Accept</button></div>
</form>`,
  )
}
