import { createHash } from 'node:crypto'

import * as z from 'zod/mini'

/** 72 bits: no two ids of one second will share a key. */
const KEY_LENGTH = 12

/** The key's beginning, enough to tell a few messages of one second from the others; ten are what a cursor has room for. */
const MARK_LENGTH = 6
const MAX_MARKS = 10

/**
 * A place in a list: everything received before this second (seconds since 1970, exclusive), without those of the newest of these
 * seconds that were given already: the ones with a mark in `given`, and all up to the key `after`.
 *
 * Graph filters by time but not by id, so a page that ends within a second must remember what it gave of that second. A few it
 * remembers by their marks, and the list keeps Graph's order; of a crowded second the rest is given in the order of
 * the keys. Nothing depends on counts: mail that arrives, moves or disappears between two pages repeats nothing and
 * hides nothing that was there before.
 */
export const messageCursor = z.strictObject({
  before: z.int(),
  given: z.optional(z.string().check(z.regex(new RegExp(`^(?:[\\w-]{${MARK_LENGTH}}){1,${MAX_MARKS}}$`)))),
  after: z.optional(z.string().check(z.length(KEY_LENGTH))),
})
export type MessageCursor = z.infer<typeof messageCursor>

/** A listed message with its place in the order. */
export interface Placed<T> {
  second: number
  key: string
  message: T
}

export function place<T extends { id?: string; receivedDateTime?: string | null }>(message: T): Placed<T> {
  // Exchange keeps fractions of a second that Graph may or may not show.
  const second = Math.floor(Date.parse(message.receivedDateTime ?? '') / 1000) || 0
  const hash = createHash('sha256').update(message.id ?? '')
  return { second, key: hash.digest('base64url').slice(0, KEY_LENGTH), message }
}

const markOf = ({ key }: Placed<unknown>) => key.slice(0, MARK_LENGTH)
const marksIn = (given: string) => given.match(new RegExp(`.{${MARK_LENGTH}}`, 'g')) ?? []

/** What the cursor says was not given yet: newest second first, within a second in the order of Graph. */
export function remaining<T>(messages: readonly Placed<T>[], cursor?: MessageCursor): Placed<T>[] {
  const { before = Number.POSITIVE_INFINITY, given = '', after = '' } = cursor ?? {}
  const marks = new Set(marksIn(given))
  const isLeft = (one: Placed<T>) => one.key > after && !marks.has(markOf(one))
  return messages
    .filter((one) => one.second < before - 1 || (one.second === before - 1 && isLeft(one)))
    .toSorted((a, b) => b.second - a.second)
}

/** Of one second all that a page of `count` can need, whichever way it is ordered: the first ones, and those of the lowest keys. */
export function keepNeeded<T>(messages: readonly Placed<T>[], count: number): Placed<T>[] {
  const lowest = new Set(messages.toSorted(byKey).slice(0, count))
  return messages.filter((one, index) => index < count || lowest.has(one))
}

/**
 * What can be given of the newest messages that Graph answered: all of them, or, when it has more, all but those of the
 * oldest second (`open`), of which others may follow.
 */
export function splitWindow<T>(
  messages: readonly Placed<T>[],
  hasMore: boolean,
  cursor?: MessageCursor,
): { ready: Placed<T>[]; open?: number } {
  if (!hasMore) return { ready: remaining(messages, cursor) }
  const open = messages.reduce((oldest, { second }) => Math.min(oldest, second), Number.POSITIVE_INFINITY)
  const complete = messages.filter(({ second }) => second > open)
  return { ready: remaining(complete, cursor), open }
}

/** Cuts a page off the front of what is left; `rest` is where the list goes on behind it, absent at its end. */
export function cutPage<T>(
  ready: readonly Placed<T>[],
  { limit, cursor, rest }: { limit: number; cursor?: MessageCursor; rest?: number },
): { items: T[]; next?: MessageCursor } {
  const [last, following] = [ready[limit - 1], ready[limit]]
  if (!last || !following) return { items: ready.map(toMessage), next: rest === undefined ? undefined : { before: rest } }
  const page = ready.slice(0, limit)
  const { second } = last
  if (following.second !== second) return { items: page.map(toMessage), next: { before: second } }

  const before = second + 1
  const { given = '', after } = cursor?.before === before ? cursor : {}
  const start = ready.findIndex((one) => one.second === second)
  const marks = [...marksIn(given), ...page.slice(start).map(markOf)]
  if (after === undefined && marks.length <= MAX_MARKS)
    return { items: page.map(toMessage), next: { before, given: marks.join('') } }

  const crowd = ready.filter((one) => one.second === second).toSorted(byKey)
  const part = crowd.slice(0, limit - start)
  const next = { before, ...(given && { given }), after: part.at(-1)?.key }
  return { items: [...ready.slice(0, start), ...part].map(toMessage), next }
}

const toMessage = <T>({ message }: Placed<T>): T => message
const byKey = (a: Placed<unknown>, b: Placed<unknown>) => (a.key < b.key ? -1 : 1)
