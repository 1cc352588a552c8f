import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { base64, list, messageTo, startGraphFixture } from '../graph-fixture.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graph-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('The state', () => {
  it('outlasts the service: messages, ids, folders and attachments.', async () => {
    const first = await startGraphFixture(folder)
    const file = { '@odata.type': '#microsoft.graph.fileAttachment', name: 'a.txt', contentBytes: base64('kept') }
    const draft = await first
      .client('adele')
      .api('/me/messages')
      .post(messageTo(['ben@contoso.test'], { attachments: [file] }))
    const archive = await first.client('adele').api('/me/mailFolders/archive').get()
    await first.close()

    const second = await startGraphFixture(folder)
    const again = await second.client('adele').api(`/me/messages/${draft.id}`).expand('attachments').get()
    expect(again.attachments).toMatchObject([{ name: 'a.txt', contentBytes: base64('kept') }])
    expect((await second.client('adele').api('/me/mailFolders/archive').get()).id).toBe(archive.id)
    await second.close()
    expect(await readFile(join(folder, 'graph.json'), 'utf8')).toContain('Quarterly figures')
  })

  it('is nobody else’s: each mailbox has its own messages.', async () => {
    const fixture = await startGraphFixture()
    const draft = await fixture.client('adele').api('/me/messages').post(messageTo([]))
    expect((await fixture.call('ben', 'GET', `/me/messages/${draft.id}`)).status).toBe(404)
    expect(await list(await fixture.call('ben', 'GET', '/me/messages'))).toEqual([])
    await fixture.close()
  })
})
