import type { Person } from '../../people.ts'
import type { EntraError } from '../errors.ts'
import type { Flow } from '../flow.ts'
import { escapeHtml, flowField, page } from './layout.ts'

/** User name and password. The form posts to a path without a query, so that no `prompt` comes back with it. */
export function signInPage(flow: Flow, { login = '', error }: { login?: string; error?: EntraError } = {}): Response {
  const alert = error
    ? `<p class="error" role="alert" id="problem" data-code="${error.code}">${escapeHtml(error.message)}</p>`
    : ''
  const described = error ? ' aria-describedby="problem"' : ''
  const focus = (field: 'login' | 'password') => ((field === 'login') === (login === '') ? ' autofocus' : '')
  return page(
    'Sign in to your account',
    `<h1>Sign in</h1>
<p>to continue to ${escapeHtml(flow.request.registration.displayName)}</p>${alert}
<form method="post" action="/common/login">${flowField(flow)}
<label for="login">Email address</label>
<input id="login" name="login" type="email" autocomplete="username" required value="${escapeHtml(login)}"${focus('login')}${described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${focus('password')}${described}>
<div class="actions"><button class="main" type="submit">Sign in</button></div>
</form>
<p class="soft">This is the sandbox. Every password is “sandbox”.</p>`,
  )
}

/** One button for each account the browser is signed in with. */
export function pickerPage(flow: Flow, known: Person[]): Response {
  const rows = known.map(
    ({ oid, displayName, userPrincipalName }) =>
      `<button class="row" type="submit" name="account" value="${oid}">${escapeHtml(displayName)}<br><span class="soft">${escapeHtml(userPrincipalName)}</span></button>`,
  )
  return page(
    'Pick an account',
    `<h1>Pick an account</h1>
<p>to continue to ${escapeHtml(flow.request.registration.displayName)}</p>
<form method="post" action="/common/account">${flowField(flow)}
${rows.join('\n')}
<button class="row" type="submit" name="account" value="other">Use another account</button>
</form>`,
  )
}
