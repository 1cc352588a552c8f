import { createHash } from 'node:crypto'

/** What a page tells a person. All texts are escaped here. */
export interface PageContent {
  title: string
  text: string
  nextStep?: { text: string; url?: string }
  /** The correlation id to quote when asking for help. */
  reference?: string
  /** Marks a good outcome, in words and colour. */
  done?: boolean
}

const STYLE = `
:root { color-scheme: light dark; --text: #1b1b1f; --back: #f5f5f7; --card: #fff; --line: #d9d9e0; --accent: #0b57d0; --good: #146c2e }
@media (prefers-color-scheme: dark) { :root { --text: #e6e6ea; --back: #16161a; --card: #202026; --line: #3a3a44; --accent: #a8c7fa; --good: #7fd796 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; font: 1rem/1.55 system-ui, sans-serif; color: var(--text); background: var(--back) }
main { width: 100%; max-width: 34rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
h1 { margin: 0 0 .75rem; font-size: 1.4rem; line-height: 1.3; overflow-wrap: anywhere }
main.done h1 { color: var(--good) }
p { margin: .75rem 0 0 }
a { color: var(--accent) }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
small { color: inherit; opacity: .75; overflow-wrap: anywhere }
`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** No script, no frame, no form, nothing from elsewhere; the one style is named by its hash. */
export const pageHeaders: Record<string, string> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}

export function page({ title, text, nextStep, reference, done }: PageContent): string {
  const step =
    nextStep && `<p>${escaped(nextStep.text)}${nextStep.url ? ` <a href="${escaped(nextStep.url)}">Continue</a>` : ''}</p>`
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main${done ? ' class="done"' : ''}>
<h1>${escaped(title)}</h1>
<p>${escaped(text)}</p>
${step ?? ''}
${reference ? `<p><small>Reference: ${escaped(reference)}</small></p>` : ''}
</main></body>
</html>
`
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
