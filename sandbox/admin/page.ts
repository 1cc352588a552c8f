import { PASSWORD, people, tenants } from '../people.ts'
import { calls, escaped, layout } from './layout.ts'
import type { AdminOptions } from './start.ts'

/** What a newcomer sees first: whom to sign in as, what to click, what to paste. */
export function startPage({ publicBaseUrl, entra, graph, vault }: AdminOptions, self: string): string {
  const base = publicBaseUrl.origin
  const who = people.filter(({ sharedWith }) => !sharedWith)
  const options = who.map(
    ({ mail, displayName }) => `<option value="${escaped(mail)}">${escaped(displayName)} (${escaped(mail)})</option>`,
  )
  const rows = people.map(({ mail, displayName, tenantId, administrator, sharedWith }) => {
    const tenant = tenants.find(({ id }) => id === tenantId)?.name ?? ''
    const remark = administrator ? 'administrator' : sharedWith ? 'shared mailbox, opened by Adele' : ''
    return `<tr><td><code>${escaped(mail)}</code></td><td>${escaped(displayName)}</td><td>${escaped(tenant)}</td><td>${remark}</td></tr>`
  })
  return layout(
    'Mail gateway sandbox',
    `
<section><h2>1. Connect a mailbox</h2>
<p>The gateway runs at <code>${base}</code>; Microsoft is imitated on this machine. Sign in as any of the people below, password <code>${PASSWORD}</code>.
Your browser warns once about the sandbox's throw-away certificate; go on.</p>
<form method="post" action="/connect"><label>Person <select name="person">${options.join('')}</select></label> <button>Connect</button></form>
</section>
<section><h2>2. Send, read, take a token</h2>
<p>Connect Adele and Ben first; then paste:</p>
<pre>${calls(base, 'adele@contoso.test', 'ben@contoso.test')}</pre>
<pre>curl -s '${base}/api/accounts/ben@contoso.test/messages?limit=5'</pre>
</section>
<section><h2>3. Let time pass</h2>
<p>It is <code>${new Date().toISOString()}</code> in the sandbox. After an hour the timer has renewed every token by itself.</p>
<form method="post" action="/advance"><button>Let an hour pass</button></form>
<p>See it in the <a href="/journal?service=entra">journal of Entra</a>, and in <a href="${base}/api/accounts">the accounts</a>.</p>
</section>
<section><h2>People</h2><table><tr><th>Address</th><th>Name</th><th>Organisation</th><th></th></tr>${rows.join('')}</table></section>
<section><h2>Drive the cloud</h2>
<p>Entra <code>${entra.url.origin}</code>, Graph <code>${graph.url.origin}</code>, Key Vault <code>${vault.url.origin}</code>.</p>
<pre>curl -s -X POST ${self}/faults -d '{"service": "entra", "answer": {"status": 503}, "forSeconds": 30}'
curl -s -X POST ${self}/control/revoke-refresh-tokens -d '{"person": "ben@contoso.test"}'
curl -s -X POST ${self}/clock -d '{"advanceSeconds": 3600}'
curl -s ${self}/journal</pre>
</section>`,
  )
}
