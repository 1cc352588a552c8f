import { createHash } from 'node:crypto'

import { describeError, type EntraError, newTrace } from '../errors.ts'

const STYLE = `
:root{color-scheme:light dark;--text:#1b1b1b;--soft:#5f5f5f;--page:#f2f2f2;--card:#fff;--line:#767676;--key:#0067b8;--on-key:#fff;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--text:#f3f3f3;--soft:#b8b8b8;--page:#1b1b1b;--card:#2b2b2b;--line:#8f8f8f;--key:#4cadff;--on-key:#0a0a0a;--bad:#ff8f87}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--page);color:var(--text);font:15px/1.45 "Segoe UI",system-ui,sans-serif}
main{width:min(440px,100vw);padding:40px 44px;background:var(--card);box-shadow:0 2px 6px #0003}
h1{margin:0 0 12px;font-size:24px;font-weight:600}
p,ul{margin:0 0 16px}
ul{padding-left:20px}
label{display:block;margin:0 0 4px}
input[type=email],input[type=text],input[type=password]{width:100%;margin:0 0 16px;padding:8px;border:1px solid var(--line);background:transparent;color:inherit;font:inherit}
.choice{display:flex;gap:8px;margin:0 0 16px}
.actions{display:flex;flex-wrap:wrap;gap:8px;justify-content:flex-end}
button{min-width:108px;padding:7px 12px;border:1px solid var(--line);background:transparent;color:inherit;font:inherit;cursor:pointer}
button.main{border-color:var(--key);background:var(--key);color:var(--on-key)}
button.row{display:block;width:100%;margin:0 0 8px;text-align:left}
:focus-visible{outline:2px solid var(--key);outline-offset:2px}
.error{color:var(--bad)}
.actions+.soft,form+.soft{margin:16px 0 0}
.soft{color:var(--soft);font-size:13px}
`

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const STYLE_HASH = hash(STYLE)

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/**
 * A page of the provider. No `form-action` is set: browsers apply it to the redirects that follow a form, and those end at
 * addresses only the application knows.
 */
export function page(title: string, body: string, { status = 200, script }: { status?: number; script?: string } = {}): Response {
  const scripts = script ? ` script-src ${hash(script)};` : ''
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main>${body}</main>${script ? `<script>${script}</script>` : ''}</body></html>`
  return new Response(html, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src ${STYLE_HASH};${scripts} base-uri 'none'; frame-ancestors 'none'`,
      'cache-control': 'no-store, no-cache',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  })
}

/** A dead end: nothing is sent to the application. */
export function errorPage(error: EntraError): Response {
  const details = describeError(error, newTrace(undefined))
  return page(
    'Sign in to your account',
    `<h1>Sorry, but we're having trouble signing you in.</h1>
<p class="error" role="alert" data-code="${error.code}">${escapeHtml(error.message)}</p>
<p class="soft">${escapeHtml(details)}</p>`,
    { status: error.status === 401 ? 400 : error.status },
  )
}

/** The flow's id in a form. */
export function flowField(flow: { id: string }): string {
  return `<input type="hidden" name="flow" value="${escapeHtml(flow.id)}">`
}
