import type { MailFolder } from '@microsoft/microsoft-graph-types'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { errorCode, type GraphFixture, startGraphFixture } from './graph-fixture.ts'

let fixture: GraphFixture
beforeAll(async () => {
  fixture = await startGraphFixture()
})
afterAll(() => fixture.close())

const api = (path: string) => fixture.client('adele').api(`/me/mailFolders${path}`)

describe('Folders', () => {
  it('exist under their well-known names from the start.', async () => {
    const { value } = await api('').top(50).get()
    expect(value.map(({ displayName }: MailFolder) => displayName).toSorted()).toEqual(
      ['Archive', 'Deleted Items', 'Drafts', 'Inbox', 'Junk Email', 'Outbox', 'Sent Items'].toSorted(),
    )
    for (const name of ['inbox', 'drafts', 'sentitems', 'deleteditems', 'archive', 'junkemail', 'outbox']) {
      expect((await fixture.call('adele', 'GET', `/me/mailFolders/${name}`)).status, name).toBe(200)
    }
  })

  it('count what is in them.', async () => {
    fixture.graph.seedMessages('adele@contoso.test', 3, { start: '2026-01-01', spacing: 1000 })
    const [first] = (await api('/inbox/messages').top(1).get()).value
    await fixture.client('adele').api(`/me/messages/${first.id}`).patch({ isRead: true })
    await api('/inbox/childFolders').post({ displayName: 'Invoices' })
    expect(await api('/inbox').get()).toMatchObject({ totalItemCount: 3, unreadItemCount: 2, childFolderCount: 1 })
  })

  it('are made, found by name, renamed, moved and deleted with their content.', async () => {
    const parent = await api('').post({ displayName: 'Projects' })
    const child = await api(`/${parent.id}/childFolders`).post({ displayName: '2026' })
    const found = await api(`/${parent.id}/childFolders`).filter("displayName eq '2026'").get()
    expect(found.value).toMatchObject([{ id: child.id, parentFolderId: parent.id }])

    await api(`/${child.id}`).patch({ displayName: '2027' })
    const moved = await api(`/${child.id}/move`).post({ destinationId: 'archive' })
    expect(moved).toMatchObject({ id: child.id, displayName: '2027' })

    fixture.graph.seedMessages('adele@contoso.test', 1, { start: '2026-06-01', spacing: 0 })
    const [message] = (await api('/inbox/messages').top(1).get()).value
    const inside = await fixture.client('adele').api(`/me/messages/${message.id}/move`).post({ destinationId: child.id })
    await api(`/${child.id}`).delete()
    expect((await fixture.call('adele', 'GET', `/me/mailFolders/${child.id}`)).status).toBe(404)
    expect((await fixture.call('adele', 'GET', `/me/messages/${inside.id}`)).status).toBe(404)
  })

  it.each([
    ['POST', '', { displayName: 'INBOX' }, 409, 'ErrorFolderExists'],
    ['POST', '', {}, 400, 'ErrorInvalidProperty'],
    ['POST', '', { displayName: 'x', colour: 'red' }, 400, 'BadRequest'],
    ['PATCH', '/inbox', { displayName: 'Eingang' }, 403, 'ErrorAccessDenied'],
    ['DELETE', '/inbox', undefined, 400, 'ErrorDeleteDistinguishedFolder'],
    ['GET', '/eingang', undefined, 400, 'ErrorInvalidIdMalformed'],
  ])('refuse %s %s %j.', async (method, path, body, status, code) => {
    const response = await fixture.call('adele', method, `/me/mailFolders${path}`, body)
    expect([response.status, await errorCode(response)]).toEqual([status, code])
  })

  it('cannot be moved into themselves.', async () => {
    const outer = await api('').post({ displayName: 'Outer' })
    const inner = await api(`/${outer.id}/childFolders`).post({ displayName: 'Inner' })
    const response = await fixture.call('adele', 'POST', `/me/mailFolders/${outer.id}/move`, { destinationId: inner.id })
    expect([response.status, await errorCode(response)]).toEqual([400, 'ErrorMoveCopyFailed'])
  })
})
