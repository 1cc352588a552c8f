import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { MAX_DATA_BYTES } from '../../../shared/http/cursor.ts'
import {
  cutPage,
  keepNeeded,
  type MessageCursor,
  messageCursor,
  place,
  remaining,
  splitWindow,
} from '../../../shared/mail/message-order.ts'

interface Item {
  id: string
  receivedDateTime: string
}

const item = (id: string, second: number, fraction = ''): Item => ({
  id,
  receivedDateTime: new Date(second * 1000).toISOString().replace('.000Z', `${fraction}Z`),
})

describe('the place of a message', () => {
  it('is its second, whatever fraction Graph shows, and a key of its id', () => {
    const [whole, fraction] = [place(item('a', 1000)), place(item('a', 1000, '.9999999'))]
    expect(whole).toMatchObject({ second: 1000, key: expect.stringMatching(/^[\w-]{12}$/) })
    expect([fraction.second, fraction.key]).toEqual([whole.second, whole.key])
    expect(place(item('b', 1000)).key).not.toBe(whole.key)
  })

  it('of a message without a time is the oldest', () => {
    expect(place({ id: 'a', receivedDateTime: null }).second).toBe(0)
    expect(place({ id: 'a', receivedDateTime: 'soon' }).second).toBe(0)
  })
})

describe('what can be given of a window', () => {
  it('is everything when Graph has no more', () => {
    const placed = [item('a', 3), item('b', 2), item('c', 2)].map(place)
    expect(splitWindow(placed, false)).toEqual({ ready: placed })
  })

  it('leaves out the oldest second when Graph has more', () => {
    const placed = [item('a', 3), item('b', 2), item('c', 2)].map(place)
    const { ready, open } = splitWindow(placed, true)
    expect(ready.map(({ message }) => message.id)).toEqual(['a'])
    expect(open).toBe(2)
  })
})

/**
 * Lists page by page as messages.ts does from Graph: windows of any size, in Graph's order (newest first, the finer time deciding
 * within a second). `meanwhile` changes the mailbox between two pages.
 */
function listAll(
  mailbox: Item[],
  limit: number,
  windowSize: number,
  meanwhile = () => {},
): { items: Item[]; cursors: MessageCursor[] } {
  const [items, cursors]: [Item[], MessageCursor[]] = [[], []]
  for (let cursor: MessageCursor | undefined, first = true; first || cursor; first = false) {
    const matching = mailbox
      .filter(({ receivedDateTime }) => !cursor || Date.parse(receivedDateTime) < cursor.before * 1000)
      .toSorted((a, b) => Date.parse(b.receivedDateTime) - Date.parse(a.receivedDateTime))
    const window = matching.slice(0, windowSize)
    let { ready, open } = splitWindow(window.map(place), window.length < matching.length, cursor)
    let rest = open === undefined ? undefined : open + 1
    if (open !== undefined && ready.length < limit) {
      const second = matching.filter((one) => place(one).second === open).map(place)
      ready = [...ready, ...keepNeeded(remaining(second, cursor), limit + 1 - ready.length)]
      rest = open
    }
    const page = cutPage(ready, { limit, cursor, rest })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    items.push(...page.items)
    cursor = page.next && messageCursor.parse(JSON.parse(JSON.stringify(page.next)))
    if (cursor) cursors.push(cursor)
    expect(cursors.length).toBeLessThan(500)
    meanwhile()
  }
  return { items, cursors }
}

const idsOf = (items: Item[]) => items.map(({ id }) => id)
const secondsOf = (items: Item[]) => items.map(({ receivedDateTime }) => receivedDateTime.slice(0, 19))
const fraction = fc.nat(999).map((ms) => `.${String(ms).padStart(3, '0')}`)
const mailboxOf = (times: [number, string][]) => times.map(([second, ms], index) => item(`id-${index}`, second, ms))
const times = (lastSecond: number, maxLength: number) =>
  fc.array(fc.tuple(fc.integer({ min: 1000, max: lastSecond }), fraction), { maxLength })
const limits = fc.integer({ min: 1, max: 12 })

describe('a list page by page', () => {
  it('has every message exactly once, newest second first, for any times, page size and window', () => {
    fc.assert(
      fc.property(times(1005, 80), limits, fc.integer({ min: 1, max: 12 }), (given, limit, extra) => {
        const mailbox = mailboxOf(given)
        const { items } = listAll(mailbox, limit, limit + extra)
        expect(idsOf(items).toSorted()).toEqual(idsOf(mailbox).toSorted())
        expect(secondsOf(items)).toEqual(secondsOf(items).toSorted().toReversed())
      }),
    )
  })

  it('keeps the order of Graph where no second has more than ten messages', () => {
    const uncrowded = times(1030, 60).filter((given) => {
      const counts = Map.groupBy(given, ([second]) => second)
      return [...counts.values()].every(({ length }) => length <= 10)
    })
    fc.assert(
      fc.property(uncrowded, limits, (given, limit) => {
        const mailbox = mailboxOf(given)
        const sorted = mailbox.toSorted((a, b) => Date.parse(b.receivedDateTime) - Date.parse(a.receivedDateTime))
        expect(idsOf(listAll(mailbox, limit, limit + 1).items)).toEqual(idsOf(sorted))
      }),
    )
  })

  it('repeats nothing and hides nothing that was there throughout, whatever comes and goes meanwhile', () => {
    const changes = fc.infiniteStream(
      fc.record({ second: fc.integer({ min: 1000, max: 1008 }), ms: fraction, index: fc.nat(200) }),
    )
    fc.assert(
      fc.property(times(1004, 60), limits, changes, (given, limit, stream) => {
        const mailbox = mailboxOf(given)
        const stayed = new Set(idsOf(mailbox))
        let count = 0
        const { items } = listAll(mailbox, limit, limit + 1, () => {
          if (++count > 50) return
          const { second, ms, index } = stream.next().value
          const [removed] = mailbox.splice(index % Math.max(1, mailbox.length), 1)
          if (removed) stayed.delete(removed.id)
          mailbox.push(item(`new-${count}`, second, ms))
        })
        const ids = idsOf(items)
        expect(new Set(ids).size).toBe(ids.length)
        for (const id of stayed) expect(ids).toContain(id)
      }),
    )
  })

  it('needs cursors that fit, however crowded a second is', () => {
    const mailbox = Array.from({ length: 60 }, (_, index) => item(`id-${index}`, 9_999_999_999))
    const { items, cursors } = listAll(mailbox, 3, 4)
    expect(new Set(idsOf(items)).size).toBe(60)
    expect(cursors.some(({ given, after }) => given?.length === 54 && after?.length === 12)).toBe(true)
    for (const cursor of cursors) expect(JSON.stringify(cursor).length).toBeLessThanOrEqual(MAX_DATA_BYTES)
    const largest = { before: 9_999_999_999, given: 'x'.repeat(60), after: 'x'.repeat(12) }
    expect(messageCursor.safeParse(largest).success).toBe(true)
    expect(JSON.stringify(largest).length).toBeLessThanOrEqual(MAX_DATA_BYTES)
  })
})

describe('the data of a cursor', () => {
  it.each([{ before: 1 }, { before: 1_800_000_000, given: 'x'.repeat(60), after: 'x'.repeat(12) }])('may be %j', (data) => {
    expect(messageCursor.parse(data)).toEqual(data)
  })

  it.each([
    null,
    'acc_1',
    {},
    { before: 1.5 },
    { before: '1' },
    { before: 1, after: 'short' },
    { before: 1, given: 'xxxxxxx' },
    { before: 1, more: 1 },
  ])('of another release or list (%j) is refused', (data) => {
    expect(messageCursor.safeParse(data).success).toBe(false)
  })
})
