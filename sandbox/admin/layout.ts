const STYLE = `
:root { color-scheme: light dark; --text: #1b1b1f; --back: #f5f5f7; --card: #fff; --line: #d9d9e0; --accent: #0b57d0; --on: #fff }
@media (prefers-color-scheme: dark) { :root { --text: #e6e6ea; --back: #16161a; --card: #202026; --line: #3a3a44; --accent: #a8c7fa; --on: #10131a } }
* { box-sizing: border-box }
body { margin: 0; padding: 2rem 1rem; font: 1rem/1.55 system-ui, sans-serif; color: var(--text); background: var(--back) }
main { max-width: 52rem; margin: auto }
section { margin: 1rem 0; padding: 1.25rem 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.1rem; margin: 0 0 .5rem }
pre { margin: .5rem 0; padding: .75rem 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; font-size: .85rem }
code { font-size: .9em }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: top; border-bottom: 1px solid var(--line) }
a { color: var(--accent) }
select, button { font: inherit; padding: .45rem .9rem; border-radius: .5rem; border: 1px solid var(--line); background: var(--card); color: var(--text) }
button { background: var(--accent); border-color: var(--accent); color: var(--on); cursor: pointer }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
`

export function layout(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escaped(title)}</h1>
${body}
</main></body></html>
`
}

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** The calls a newcomer makes with a connected mailbox, ready to paste. */
export function calls(base: string, mailbox: string, recipient: string): string {
  return escaped(`curl -s ${base}/api/accounts/${mailbox}/send -H 'content-type: application/json' \\
  -d '{"to": ["${recipient}"], "subject": "Hello", "text": "Sent through the gateway."}'

curl -s '${base}/api/accounts/${mailbox}/messages?limit=5'

curl -s -X POST ${base}/api/accounts/${mailbox}/token -H 'content-type: application/json' -d '{"protocol": "imap"}'`)
}
