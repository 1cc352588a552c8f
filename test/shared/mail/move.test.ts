import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'

import { listMessages } from '../../../shared/mail/messages.ts'
import { moveMessage } from '../../../shared/mail/move.ts'
import { ADELE, type MailFixture, mailboxOf, startMailFixture } from './mail-fixture.ts'

let fixture: MailFixture
beforeAll(async () => {
  fixture = await startMailFixture()
  await fixture.call('adele', 'POST', '/me/mailFolders/inbox/childFolders', { displayName: 'Done' })
})
afterAll(() => fixture.close())
beforeEach(() => {
  fixture.faults.clear()
  fixture.journal.clear()
})

const adele = mailboxOf('adele')
const seeded = () => fixture.graph.seedMessages(ADELE, 1, { start: '2026-03-01T08:00:00Z', spacing: 0 })[0] as string
const moves = () => fixture.journal.list('graph', { operation: 'moveMessage' })
async function idsIn(folder: string) {
  const { items } = await listMessages(fixture.mail, adele, { folder, limit: 100, body: 'none' })
  return items.map(({ id }) => id)
}

it.each(['archive', 'Inbox/Done', 'deleteditems'])('moves to %s, and the message keeps its id', async (folder) => {
  const id = seeded()
  expect(await moveMessage(fixture.mail, adele, id, folder)).toEqual({ id })
  expect(await idsIn(folder)).toContain(id)
  expect(await idsIn('inbox')).not.toContain(id)
})

it('moves nothing when the folder or the message does not exist', async () => {
  const id = seeded()
  await expect(moveMessage(fixture.mail, adele, id, 'Inbox/Nowhere')).rejects.toMatchObject({ code: 'not_found' })
  expect(moves()).toHaveLength(0)
  await expect(moveMessage(fixture.mail, adele, `AAkALg${'x'.repeat(140)}AAA=`, 'archive')).rejects.toMatchObject({
    code: 'not_found',
  })
  expect(await idsIn('inbox')).toContain(id)
})

it('needs "organize", which "read" does not include', async () => {
  const reader = mailboxOf('adele', { permissions: new Set(['read', 'send']) })
  await expect(moveMessage(fixture.mail, reader, seeded(), 'archive')).rejects.toMatchObject({
    code: 'permission_missing',
    details: { extra: { permissions: ['organize'] } },
  })
  expect(fixture.journal.list('graph')).toHaveLength(0)
})

it('is not repeated when the answer is lost', async () => {
  const id = seeded()
  fixture.faults.add({ service: 'graph', match: { path: '/move$' }, drop: 'after', times: 1 })
  await expect(moveMessage(fixture.mail, adele, id, 'archive')).rejects.toMatchObject({ code: 'upstream_unavailable' })
  expect(moves()).toHaveLength(1)
  expect(await idsIn('archive')).toContain(id)
})
