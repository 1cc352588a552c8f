import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { cutPage, inOrder, type MessageCursor, messageCursor, place, splitWindow } from '../../../shared/mail/message-order.ts'

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
    expect(whole).toMatchObject({ second: 1000, key: expect.stringMatching(/^[\w-]{16}$/) })
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
    expect(splitWindow(placed, false)).toEqual({ ready: inOrder(placed) })
  })

  it('leaves out the oldest second when Graph has more', () => {
    const placed = [item('a', 3), item('b', 2), item('c', 2)].map(place)
    const { ready, open } = splitWindow(placed, true)
    expect(ready.map(({ message }) => message.id)).toEqual(['a'])
    expect(open).toBe(2)
  })
})

/** Lists by pages from a mailbox that answers windows of any size in any order within a second. */
function listAll(items: Item[], limit: number, windowSize: number): { ids: string[]; times: string[]; pages: number } {
  const given: Item[] = []
  let cursor: MessageCursor | undefined
  for (let pages = 1; ; pages += 1) {
    const matching = items
      .filter(({ receivedDateTime }) => !cursor || Date.parse(receivedDateTime) < cursor.before * 1000)
      .toSorted((a, b) => Date.parse(b.receivedDateTime) - Date.parse(a.receivedDateTime))
    const window = matching.slice(0, windowSize)
    let { ready, open } = splitWindow(window.map(place), window.length < matching.length, cursor)
    let rest = open === undefined ? undefined : open + 1
    if (open !== undefined && ready.length < limit) {
      const second = matching.filter((one) => place(one).second === open)
      ready = [...ready, ...inOrder(second.map(place), cursor)]
      rest = open
    }
    const { items: page, next } = cutPage(ready, limit, rest)
    given.push(...page)
    if (!next || pages > 1000)
      return { ids: given.map(({ id }) => id), times: given.map((one) => one.receivedDateTime.slice(0, 19)), pages }
    cursor = messageCursor.parse(JSON.parse(JSON.stringify(next)))
  }
}

it('gives every message exactly once, newest second first, for any times, page size and window', () => {
  const mailbox = fc.array(fc.tuple(fc.integer({ min: 1000, max: 1006 }), fc.constantFrom('', '.25', '.5000001')), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(mailbox, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 12 }), (times, limit, extra) => {
      const items = times.map(([second, fraction], index) => item(`id-${index}`, second, fraction))
      const { ids, times: order, pages } = listAll(items, limit, limit + extra)
      expect(ids.toSorted()).toEqual(items.map(({ id }) => id).toSorted())
      expect(order).toEqual(order.toSorted().toReversed())
      expect(pages).toBeLessThanOrEqual(items.length + 8)
    }),
  )
})

describe('the data of a cursor', () => {
  it.each([{ before: 1 }, { before: 1_800_000_000, after: 'x'.repeat(16) }])('may be %j', (data) => {
    expect(messageCursor.parse(data)).toEqual(data)
  })

  it.each([null, 'acc_1', {}, { before: 1.5 }, { before: '1' }, { before: 1, after: 'short' }, { before: 1, more: 1 }])(
    'of another release or list (%j) is refused',
    (data) => {
      expect(messageCursor.safeParse(data).success).toBe(false)
    },
  )
})
