import { afterAll, beforeAll, expect, it } from 'vitest'

import { openInbox } from '../../../shared/diagnosis/open-inbox.ts'
import { type MailFixture, mailboxOf, startMailFixture } from '../mail/mail-fixture.ts'

let fixture: MailFixture
beforeAll(async () => {
  fixture = await startMailFixture()
})
afterAll(() => fixture.close())

it('opens the inbox in one request', async () => {
  fixture.journal.clear()
  await openInbox(fixture.mail, mailboxOf('adele'))
  expect(fixture.journal.list('graph')).toMatchObject([{ method: 'GET', status: 200 }])
})

it('says when there is no mailbox', async () => {
  const body = JSON.stringify({ error: { code: 'MailboxNotEnabledForRESTAPI', message: 'The mailbox is inactive.' } })
  fixture.faults.add({ service: 'graph', match: { path: 'mailFolders' }, answer: { status: 404, body }, times: 1 })
  await expect(openInbox(fixture.mail, mailboxOf('adele'))).rejects.toMatchObject({ code: 'mailbox_refused' })
})
