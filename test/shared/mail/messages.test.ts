import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCursors } from '../../../shared/http/cursor.ts'
import type { Message } from '../../../shared/mail/message.ts'
import type { MessageCursor } from '../../../shared/mail/message-order.ts'
import { getMessage, type ListMessagesQuery, listMessages } from '../../../shared/mail/messages.ts'
import { ADELE, BEN, type MailFixture, mailboxOf, SALES, startMailFixture } from './mail-fixture.ts'

let fixture: MailFixture
beforeAll(async () => {
  fixture = await startMailFixture()
})
afterAll(() => fixture.close())

const adele = mailboxOf('adele')
const START = '2026-03-01T08:00:00Z'
const SECOND = 1000

/** Empties the mailbox the way its owner would. */
async function empty(token: string, address: string) {
  for (const { immutableId } of [...fixture.graph.messagesOf(address)])
    await fixture.call(token, 'DELETE', `/me/messages/${immutableId}`)
}
beforeEach(async () => {
  await empty('adele', ADELE)
  await empty('ben', BEN)
  fixture.faults.clear()
  fixture.journal.clear()
})

const query = (more: Partial<ListMessagesQuery> = {}): ListMessagesQuery => ({
  folder: 'inbox',
  limit: 25,
  body: 'none',
  ...more,
})

/** Every page of a list; between two pages `meanwhile` happens. */
async function pages(more: Partial<ListMessagesQuery>, meanwhile: (page: number) => Promise<void> | void = () => {}) {
  const all: Message[][] = []
  let cursor: MessageCursor | undefined
  do {
    const page = await listMessages(fixture.mail, adele, query({ ...more, cursor }))
    all.push(page.items)
    cursor = page.next
    if (cursor) await meanwhile(all.length)
  } while (cursor && all.length < 500)
  return all
}
const idsOf = (all: Message[][]) => all.flat().map(({ id }) => id)

describe('a list of messages', () => {
  it('shows the newest first in the gateway’s shape, with a preview and no body', async () => {
    const ids = fixture.graph.seedMessages(ADELE, 3, { start: START, spacing: 60 * SECOND })
    const { items, next } = await listMessages(fixture.mail, adele, query())
    expect(next).toBeUndefined()
    expect(items.map(({ id }) => id)).toEqual(ids.toReversed())
    expect(items[0]).toMatchObject({
      subject: 'Seeded 2',
      from: { name: 'Newsletter', address: 'newsletter@example.test' },
      to: [{ name: 'Adele Vance', address: ADELE }],
      cc: [],
      preview: 'Message number 2.',
      receivedOn: '2026-03-01T08:02:00Z',
      isRead: false,
      isDraft: false,
      flag: 'notFlagged',
      importance: 'normal',
      hasAttachments: false,
    })
    expect(items[0]).not.toHaveProperty('text')
    expect(items[0]).not.toHaveProperty('html')
  })

  it('carries bodies as they are asked for', async () => {
    fixture.graph.seedMessages(ADELE, 1, { start: START, spacing: 0 })
    const [text] = (await listMessages(fixture.mail, adele, query({ body: 'text' }))).items
    expect(text).toMatchObject({ text: 'Message number 0.' })
    const [html] = (await listMessages(fixture.mail, adele, query({ body: 'html' }))).items
    expect(html?.html).toContain('Message number 0.')
    expect(html).not.toHaveProperty('text')
  })

  it('takes one request a page where no second is crowded', async () => {
    const ids = fixture.graph.seedMessages(ADELE, 60, { start: START, spacing: SECOND })
    const all = await pages({ limit: 25 })
    expect(all.map((page) => page.length)).toEqual([25, 25, 10])
    expect(idsOf(all)).toEqual(ids.toReversed())
    expect(fixture.journal.list('graph', { operation: 'listMessages' })).toHaveLength(3)
    expect(fixture.journal.list('graph').every(({ facts }) => facts.immutable === true)).toBe(true)
  })

  it('gives each of 30 messages of one second once, 7 to a page', async () => {
    const ids = fixture.graph.seedMessages(ADELE, 30, { start: START, spacing: 0 })
    const all = await pages({ limit: 7 })
    // A cursor may lead to an empty last page: whether anything is older is not asked ahead.
    expect(all.map((page) => page.length).filter((length) => length > 0)).toEqual([7, 7, 7, 7, 2])
    expect(idsOf(all).toSorted()).toEqual(ids.toSorted())
  })

  it('shows the latest of one second first, also one to a page', async () => {
    const ids = fixture.graph.seedMessages(ADELE, 4, { start: START, spacing: 0 })
    for (const limit of [1, 2, 3, 4]) expect(idsOf(await pages({ limit }))).toEqual(ids.toReversed())
  })

  it('reads a second that is larger than Graph’s largest page', async () => {
    const ids = fixture.graph.seedMessages(ADELE, 1100, { start: START, spacing: 0 })
    const first = await listMessages(fixture.mail, adele, query({ limit: 100 }))
    const second = await listMessages(fixture.mail, adele, query({ limit: 100, cursor: first.next }))
    const given = new Set([...first.items, ...second.items].map(({ id }) => id))
    expect(given.size).toBe(200)
    expect([...given].every((id) => ids.includes(id))).toBe(true)
  })

  it('neither repeats nor skips when mail arrives, moves and disappears between two pages', async () => {
    const ids = fixture.graph.seedMessages(ADELE, 40, { start: START, spacing: SECOND })
    const gone = new Set<string>()
    const all = await pages({ limit: 6 }, async (page) => {
      fixture.graph.seedMessages(ADELE, 3, { start: '2026-04-01T00:00:00Z', spacing: 0 })
      const [moved, removed] = [ids[40 - page * 6 - 3] as string, ids[40 - page * 6 + 1] as string]
      for (const id of [moved, removed]) gone.add(id)
      await fixture.call(
        'adele',
        'POST',
        `/me/messages/${moved}/move`,
        { destinationId: 'archive' },
        { prefer: 'IdType="ImmutableId"' },
      )
      await fixture.call('adele', 'DELETE', `/me/messages/${removed}`)
    })
    const given = idsOf(all)
    expect(new Set(given).size).toBe(given.length)
    const stayed = ids.filter((id) => !gone.has(id))
    expect(given.filter((id) => stayed.includes(id)).toSorted()).toEqual(stayed.toSorted())
  })

  it('gives every message once, newest first, for any clumping of times, page size and order of arrival', async () => {
    const cursors = createCursors(async () => Buffer.alloc(32, 7))
    const binding = { caller: 'crm', account: 'acc_1', route: 'messages' }
    const clumps = fc.array(fc.record({ second: fc.nat(6), count: fc.integer({ min: 1, max: 9 }) }), {
      minLength: 1,
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(clumps, fc.integer({ min: 1, max: 10 }), async (given, limit) => {
        await empty('adele', ADELE)
        const ids = given.flatMap(({ second, count }) =>
          fixture.graph.seedMessages(ADELE, count, { start: new Date(Date.parse(START) + second * SECOND), spacing: 0 }),
        )
        const seen: Message[] = []
        for (let cursor: MessageCursor | undefined, first = true; first || cursor; first = false) {
          const page = await listMessages(fixture.mail, adele, query({ limit, cursor }))
          expect(page.items.length).toBeLessThanOrEqual(limit)
          seen.push(...page.items)
          const text = page.next && (await cursors.seal(binding, page.next))
          expect(text?.length ?? 0).toBeLessThanOrEqual(200)
          cursor = text ? await cursors.open<MessageCursor>(binding, text) : undefined
        }
        expect(seen.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
        const times = seen.map(({ receivedOn }) => receivedOn)
        expect(times).toEqual(times.toSorted().toReversed())
      }),
      { numRuns: 25 },
    )
  })

  it('filters by unread and still pages by key', async () => {
    const ids = fixture.graph.seedMessages(ADELE, 20, { start: START, spacing: 0 })
    const read = new Set(ids.filter((_, index) => index % 3 === 0))
    for (const id of read) await fixture.call('adele', 'PATCH', `/me/messages/${id}`, { isRead: true })
    const unread = idsOf(await pages({ unread: true, limit: 4 }))
    expect(unread.toSorted()).toEqual(ids.filter((id) => !read.has(id)).toSorted())
    expect(idsOf(await pages({ unread: false, limit: 4 })).toSorted()).toEqual([...read].toSorted())
  })

  it('looks where it is told: inbox, a path, or everywhere', async () => {
    const [inbox] = fixture.graph.seedMessages(ADELE, 1, { start: START, spacing: 0 })
    await fixture.call('adele', 'POST', '/me/messages', { subject: 'Draft' })
    expect(idsOf(await pages({}))).toEqual([inbox])
    expect((await pages({ folder: 'Drafts' })).flat()).toMatchObject([{ subject: 'Draft', isDraft: true }])
    expect((await pages({ folder: 'all' })).flat()).toHaveLength(2)
  })

  it('reads a shared mailbox by its address', async () => {
    const shared = mailboxOf('adele', { path: `/users/${encodeURIComponent(SALES)}`, key: 'sales' })
    const [id] = fixture.graph.seedMessages(SALES, 1, { start: START, spacing: 0 })
    expect((await listMessages(fixture.mail, shared, query())).items.map((one) => one.id)).toContain(id)
    const stranger = mailboxOf('ben', { path: `/users/${encodeURIComponent(SALES)}`, key: 'ben sales' })
    await expect(listMessages(fixture.mail, stranger, query())).rejects.toMatchObject({
      code: 'mailbox_refused',
      action: 'tenantAdmin',
    })
  })

  it('needs the permission to read, which "organize" includes', async () => {
    const sender = mailboxOf('adele', { permissions: new Set(['send']) })
    await expect(listMessages(fixture.mail, sender, query())).rejects.toMatchObject({
      code: 'permission_missing',
      details: { extra: { permissions: ['read'] } },
    })
    expect(fixture.journal.list('graph')).toHaveLength(0)
    const organizer = mailboxOf('adele', { permissions: new Set(['organize']) })
    expect((await listMessages(fixture.mail, organizer, query())).items).toEqual([])
  })
})

describe('one message', () => {
  it('comes with the body asked for and its headers', async () => {
    fixture.graph.deliver(
      'someone@example.test',
      [ADELE],
      'From: S <someone@example.test>\r\nSubject: Raw\r\nX-Tag: 7\r\n\r\nHello\r\n',
    )
    const id = fixture.graph.messagesOf(ADELE)[0]?.immutableId as string
    const message = await getMessage(fixture.mail, adele, id, { body: 'text' })
    expect(message).toMatchObject({ id, subject: 'Raw', from: { address: 'someone@example.test' } })
    expect(message.text).toContain('Hello')
    expect(message.headers).toContainEqual({ name: 'X-Tag', value: '7' })
  })

  it.each(['..', '../../users', 'a/b', 'a%2Fb', 'a?b', 'a#b', 'a b', '', 'é', 'A'.repeat(513), '$value', "x')"])(
    'has no id like %j, and Graph is not asked',
    async (id) => {
      await expect(getMessage(fixture.mail, adele, id, { body: 'none' })).rejects.toMatchObject({ name: 'AppError' })
      expect(fixture.journal.list('graph')).toHaveLength(0)
    },
  )

  it.each(['AAMkAGnotthere', `AAkALg${'x'.repeat(140)}AAA=`])('that does not exist is not found (%s)', async (id) => {
    await expect(getMessage(fixture.mail, adele, id, { body: 'none' })).rejects.toMatchObject({
      code: 'not_found',
      details: {
        upstream: { service: 'graph', code: expect.any(String), traceId: expect.any(String), correlationId: expect.any(String) },
      },
    })
  })
})
