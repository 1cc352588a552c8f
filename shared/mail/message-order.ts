import { createHash } from 'node:crypto'

import * as z from 'zod/mini'

/** 96 bits: no two ids of one second will share a key. */
const KEY_LENGTH = 16

/**
 * A place in a list: everything received before this second (seconds since 1970, exclusive); with `after`, the newest second of
 * these was given only up to this key.
 *
 * Lists are in the order (second received, newest first; key of the id). Graph filters by time but not by id, and orders messages
 * of the same time as it likes, so within one second the order is our own. It does not depend on counts: mail that
 * arrives, moves or disappears between two pages repeats nothing and hides nothing that was there before.
 */
export const messageCursor = z.strictObject({
  before: z.int(),
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

/** The messages in the order of lists, without those that the cursor says were given. */
export function inOrder<T>(messages: readonly Placed<T>[], cursor?: MessageCursor): Placed<T>[] {
  const { before = Number.POSITIVE_INFINITY, after = '' } = cursor ?? {}
  return messages
    .filter(({ second, key }) => second < before - 1 || (second === before - 1 && key > after))
    .toSorted((a, b) => b.second - a.second || (a.key < b.key ? -1 : 1))
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
  if (!hasMore) return { ready: inOrder(messages, cursor) }
  const open = messages.reduce((oldest, { second }) => Math.min(oldest, second), Number.POSITIVE_INFINITY)
  const complete = messages.filter(({ second }) => second > open)
  return { ready: inOrder(complete, cursor), open }
}

/** Cuts a page off the front; `rest` is where the list goes on behind `ready`, absent at its end. */
export function cutPage<T>(ready: readonly Placed<T>[], limit: number, rest?: number): { items: T[]; next?: MessageCursor } {
  const page = ready.slice(0, limit)
  const items = page.map(({ message }) => message)
  const [last, following] = [page.at(-1), ready[limit]]
  if (!last || !following) return { items, next: rest === undefined ? undefined : { before: rest } }
  const next = following.second === last.second ? { before: last.second + 1, after: last.key } : { before: last.second }
  return { items, next }
}
