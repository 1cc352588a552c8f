import { escapeHtml, page } from './layout.ts'

const SUBMIT = 'document.forms[0].submit()'

/** The answer as a form that posts itself (OAuth 2.0 Form Post Response Mode §2); a button without scripts. */
export function formPostPage(redirectUri: string, fields: [string, string][]): Response {
  const inputs = fields.map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
  return page(
    'Working...',
    `<form method="post" action="${escapeHtml(redirectUri)}">${inputs.join('')}
<noscript><p>Scripts are off. Select Continue.</p><button class="main" type="submit">Continue</button></noscript></form>`,
    { script: SUBMIT },
  )
}
