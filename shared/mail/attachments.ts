import { AppError } from '../errors.ts'
import { openContent } from './content.ts'
import { readJson } from './graph-answer.ts'
import type { Graph } from './graph-call.ts'
import { fromGraphAttachment, type GraphAttachment } from './graph-message.ts'
import { itemId } from './item-id.ts'
import { type Mailbox, requirePermission } from './mailbox.ts'
import { toMediaType } from './media-type.ts'
import type { Attachment } from './message.ts'
import { readPages } from './pages.ts'

/** An attachment on its way out. */
export interface AttachmentContent {
  filename: string
  /** Fit for a header, whatever the sender wrote. */
  contentType: string
  /** Exactly the bytes that `body` gives. */
  size: number
  body: ReadableStream<Uint8Array>
}

const SELECT = 'id,name,contentType,size,isInline'

/**
 * What a message carries, without the bytes.
 *
 * @see {@link https://learn.microsoft.com/graph/api/message-list-attachments}
 */
export async function listAttachments(graph: Graph, mailbox: Mailbox, messageId: string): Promise<Attachment[]> {
  requirePermission(mailbox, 'read')
  const items: Attachment[] = []
  const call = {
    path: `/messages/${itemId(messageId)}/attachments`,
    // The content id is a property of one kind of attachment only.
    query: { $select: `${SELECT},microsoft.graph.fileAttachment/contentId` },
    success: 200,
    permission: 'read' as const,
  }
  for await (const page of readPages<GraphAttachment>(graph, mailbox, call)) items.push(...page.map(fromGraphAttachment))
  return items
}

/**
 * The bytes of a file, or of an attached item as MIME, iCalendar or vCard. The stream takes one of the mailbox's places
 * until it was read to its end or canceled.
 *
 * @see {@link https://learn.microsoft.com/graph/api/attachment-get#get-the-raw-contents-of-a-file-or-item-attachment}
 */
export async function openAttachment(
  graph: Graph,
  mailbox: Mailbox,
  messageId: string,
  attachmentId: string,
): Promise<AttachmentContent> {
  requirePermission(mailbox, 'read')
  const path = `/messages/${itemId(messageId)}/attachments/${itemId(attachmentId)}`
  const known = { method: 'GET', path, success: 200, permission: 'read' } as const
  const response = await graph.call(mailbox, { ...known, query: { $select: SELECT } })
  const attachment = fromGraphAttachment(await readJson<GraphAttachment>(response))
  if (attachment.kind === 'reference') {
    throw new AppError('unsupported', 'The attachment is a link to a file elsewhere and has no content here.')
  }

  let sentType = ''
  const content = await openContent(async (from) => {
    const range = from > 0 ? { range: `bytes=${from}-` } : undefined
    // Compressed, the length would be another one.
    const headers = { accept: '*/*', 'accept-encoding': 'identity', ...range }
    const answer = await graph.call(mailbox, { ...known, path: `${path}/$value`, headers, success: [200, 206], stream: true })
    sentType = answer.headers.get('content-type') ?? ''
    return answer
  }, graph.wait)
  return { ...describe(attachment, sentType), ...content }
}

const ITEM_TYPES: Readonly<Record<string, string>> = { 'text/calendar': '.ics', 'text/vcard': '.vcf', 'message/rfc822': '.eml' }

/** An attached item has no file name of its own; Graph may label a message as plain text. */
function describe({ kind, filename, contentType }: Attachment, sentType: string): { filename: string; contentType: string } {
  if (kind !== 'item') return { filename, contentType: toMediaType(contentType) }
  const type = sentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const known = Object.hasOwn(ITEM_TYPES, type) ? type : 'message/rfc822'
  return { filename: `${filename}${ITEM_TYPES[known]}`, contentType: known }
}
