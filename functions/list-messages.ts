import * as z from 'zod/mini'

import { limitQuery } from '../shared/http/paging.ts'
import type { Handler } from '../shared/http/route.ts'
import type { MessageCursor } from '../shared/mail/message-order.ts'
import { listMessages as list } from '../shared/mail/messages.ts'
import type { Services } from '../shared/services.ts'

export const listMessagesQuery = z.strictObject({
  folder: z._default(z.string().check(z.minLength(1), z.maxLength(1024)), 'inbox'),
  unread: z.optional(
    z.pipe(
      z.enum(['true', 'false']),
      z.transform((text) => text === 'true'),
    ),
  ),
  body: z._default(z.enum(['text', 'html', 'none']), 'none'),
  limit: limitQuery,
  cursor: z.optional(z.string().check(z.maxLength(200))),
})

/** GET accounts/{account}/messages — a folder, newest first. */
export const listMessages: Handler<Services, unknown, z.infer<typeof listMessagesQuery>> =
  ({ graph, mailboxOf, cursors }) =>
  async ({ caller, account, query }) => {
    const { cursor, limit, ...shape } = query
    const binding = { caller: caller.name, account: account.id, route: 'messages', filter: JSON.stringify(shape) }
    const from = cursor === undefined ? undefined : await cursors.open<MessageCursor>(binding, cursor)
    const { items, next } = await list(graph, mailboxOf(account), { ...shape, limit, cursor: from })
    return { json: { items, ...(next && { nextCursor: await cursors.seal(binding, next) }) } }
  }
