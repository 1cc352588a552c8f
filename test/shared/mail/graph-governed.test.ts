import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'

import { openAttachment } from '../../../shared/mail/attachments.ts'
import { parseMessage } from '../../../shared/mail/message-input.ts'
import { listMessages } from '../../../shared/mail/messages.ts'
import { sendMessage } from '../../../shared/mail/send.ts'
import { ADELE, BEN, type MailFixture, mailboxOf, startMailFixture } from './mail-fixture.ts'

let fixture: MailFixture
beforeAll(async () => {
  fixture = await startMailFixture()
})
afterAll(() => fixture.close())
beforeEach(() => {
  fixture.faults.clear()
  fixture.journal.clear()
  // Slow enough that requests would overlap if they could.
  fixture.faults.add({ service: 'graph', match: { facts: { immutable: true } }, delayMs: 40 })
})

const adele = mailboxOf('adele')
const list = () => listMessages(fixture.mail, adele, { folder: 'inbox', limit: 5, body: 'none' })
const mostInFlight = () => Math.max(...fixture.journal.list('graph').map(({ facts }) => Number(facts.inFlight)))

it('fifty callers of one mailbox are all served, and Graph never has to refuse one', async () => {
  const message = parseMessage({ to: [BEN], subject: 'Many', text: 'x' })
  await Promise.all(
    Array.from({ length: 50 }, (_, index) => (index % 5 === 0 ? sendMessage(fixture.mail, adele, message) : list())),
  )
  const entries = fixture.journal.list('graph')
  expect(entries).toHaveLength(50)
  expect(entries.every(({ status }) => status === 200 || status === 202)).toBe(true)
  expect(mostInFlight()).toBe(4)
})

it('downloads and other calls share the four places', async () => {
  const file = fixture.graph.addAttachmentMessage(ADELE, { name: 'a', contentType: 'a/b', bytes: 300_000 })
  const download = async () => {
    const { body } = await openAttachment(fixture.mail, adele, file.immutableId, file.attachmentId)
    return (await new Response(body).arrayBuffer()).byteLength
  }
  const sizes = await Promise.all(
    Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? download() : list().then(() => 300_000))),
  )
  expect(new Set(sizes)).toEqual(new Set([300_000]))
  expect(fixture.journal.list('graph').every(({ status }) => status === 200)).toBe(true)
  expect(mostInFlight()).toBeLessThanOrEqual(4)
})

it('one mailbox does not wait for another', async () => {
  const ben = mailboxOf('ben')
  fixture.faults.clear()
  fixture.faults.add({ service: 'graph', match: { facts: { mailbox: fixture.tokens.get('adele')?.oid } }, delayMs: 200 })
  let finished = 0
  const slow = Array.from({ length: 8 }, () => list().then(() => (finished += 1)))
  await listMessages(fixture.mail, ben, { folder: 'inbox', limit: 5, body: 'none' })
  expect(finished).toBe(0)
  await Promise.all(slow)
})
