import { escaped, layout } from './layout.ts'

/** Where the browser lands after a sign-in: what an application would read from its return URL. */
export function returnPage(parameters: URLSearchParams): string {
  const connected = parameters.get('status') === 'connected'
  const rows = [...parameters].map(
    ([name, value]) => `<tr><td><code>${escaped(name)}</code></td><td><code>${escaped(value)}</code></td></tr>`,
  )
  return layout(
    connected ? 'Mailbox connected' : 'Not connected',
    `<section><p>The browser is back at the application, with:</p><table>${rows.join('')}</table></section>
<section><p><a href="/">Back to the sandbox page</a></p></section>`,
  )
}
