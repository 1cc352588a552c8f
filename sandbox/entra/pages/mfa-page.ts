import type { Person } from '../../people.ts'
import type { Flow } from '../flow.ts'
import { escapeHtml, flowField, page } from './layout.ts'

/** Stands for the authenticator app: the second factor is one button. */
export function mfaPage(flow: Flow, person: Person): Response {
  return page(
    'Verify your identity',
    `<h1>Approve sign-in request</h1>
<p>${escapeHtml(person.userPrincipalName)}: your organization asks for a second proof that it is you.</p>
<form method="post" action="/common/mfa">${flowField(flow)}
<div class="actions"><button class="main" type="submit" autofocus>Approve</button></div>
</form>`,
  )
}
