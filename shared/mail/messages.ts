import type * as graph from '@microsoft/microsoft-graph-types'

import { resolveFolder } from './folder-reference.ts'
import { readJson } from './graph-answer.ts'
import type { Graph, GraphCall } from './graph-call.ts'
import { bodyPreference, fromGraphMessage, messageSelect } from './graph-message.ts'
import { itemId } from './item-id.ts'
import { type Mailbox, requirePermission } from './mailbox.ts'
import type { BodyKind, Message } from './message.ts'
import { cutPage, keepNeeded, type MessageCursor, type Placed, place, remaining, splitWindow } from './message-order.ts'
import { readPage, readPages } from './pages.ts'

export interface ListMessagesQuery {
  /** Well-known name, id, path, or `all`. */
  folder: string
  unread?: boolean
  /** 1–100. */
  limit: number
  cursor?: MessageCursor
  body: BodyKind | 'none'
}

export interface MessagePage {
  items: Message[]
  next?: MessageCursor
}

/** Graph's largest page; with bodies a smaller one, since one body may have megabytes. */
const SECOND_PAGE_SIZE = { none: 1000, text: 100, html: 100 }

/** Graph wants an ordered property first in the filter; this is before all mail. */
const BEGINNING = '1900-01-01T00:00:00Z'

/**
 * One page of a folder, newest first, from one request; from two where messages of the same second do not fit on the page.
 * Only a second with more messages than Graph has on one page is read with Graph's own paging.
 *
 * @see {@link https://learn.microsoft.com/graph/api/user-list-messages}
 */
export async function listMessages(graph: Graph, mailbox: Mailbox, query: ListMessagesQuery): Promise<MessagePage> {
  requirePermission(mailbox, 'read')
  const { limit, cursor, body } = query
  const folder = query.folder === 'all' ? undefined : await resolveFolder(graph, mailbox, query.folder)
  const list = (top: number, received: string[]) => ({
    path: folder === undefined ? '/messages' : `/mailFolders/${folder}/messages`,
    query: {
      $select: messageSelect({ body, headers: false }),
      $filter: toFilter(received, query.unread),
      $orderby: 'receivedDateTime desc',
      $top: top,
    },
    prefer: bodyPreference(body),
    success: 200,
    permission: 'read' as const,
  })

  const bound = cursor ? [`receivedDateTime lt ${instant(cursor.before)}`] : []
  // One more than asked for, to see whether the last second of the page is complete.
  const window = await readWindow(graph, mailbox, list(limit + 1, bound))
  const { ready, open } = splitWindow(window.value.map(place), window.nextLink !== undefined, cursor)
  if (open === undefined) return toMessages(cutPage(ready, { limit, cursor }))
  if (ready.length >= limit) return toMessages(cutPage(ready, { limit, cursor, rest: open + 1 }))

  const second = list(SECOND_PAGE_SIZE[body], [
    `receivedDateTime ge ${instant(open)}`,
    `receivedDateTime lt ${instant(open + 1)}`,
  ])
  const more = await readFirst(graph, mailbox, second, limit + 1 - ready.length, cursor)
  return toMessages(cutPage([...ready, ...more], { limit, cursor, rest: open }))
}

/** One message by its immutable id, with its headers. */
export async function getMessage(
  graph: Graph,
  mailbox: Mailbox,
  id: string,
  { body }: { body: BodyKind | 'none' },
): Promise<Message> {
  requirePermission(mailbox, 'read')
  const response = await graph.call(mailbox, {
    method: 'GET',
    path: `/messages/${itemId(id)}`,
    query: { $select: messageSelect({ body, headers: true }) },
    prefer: bodyPreference(body),
    success: 200,
    permission: 'read',
  })
  return fromGraphMessage(await readJson<graph.Message>(response))
}

type ListCall = Omit<GraphCall, 'method'>

/** The first page that is not empty: Graph may answer an empty one that leads on. */
async function readWindow(graph: Graph, mailbox: Mailbox, list: ListCall) {
  let page = await readPage<graph.Message>(graph, mailbox, list)
  while (page.value.length === 0 && page.nextLink !== undefined) {
    page = await readPage<graph.Message>(graph, mailbox, { ...list, link: page.nextLink })
  }
  return page
}

/** What a page can need of the messages of one second, holding no more than that and one page of Graph's in memory. */
async function readFirst(graph: Graph, mailbox: Mailbox, list: ListCall, count: number, cursor?: MessageCursor) {
  let first: Placed<graph.Message>[] = []
  for await (const messages of readPages<graph.Message>(graph, mailbox, list)) {
    first = keepNeeded([...first, ...remaining(messages.map(place), cursor)], count)
  }
  return first
}

function toMessages({ items, next }: { items: graph.Message[]; next?: MessageCursor }): MessagePage {
  return { items: items.map(fromGraphMessage), next }
}

function toFilter(received: string[], unread: boolean | undefined): string | undefined {
  if (unread === undefined) return received.length > 0 ? received.join(' and ') : undefined
  const first = received.length > 0 ? received : [`receivedDateTime ge ${BEGINNING}`]
  return [...first, `isRead eq ${!unread}`].join(' and ')
}

function instant(second: number): string {
  return new Date(second * 1000).toISOString().replace('.000Z', 'Z')
}
