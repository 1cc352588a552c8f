import type * as graph from '@microsoft/microsoft-graph-types'

import type { Attachment, BodyKind, MailAddress, Message, OutgoingAttachment, OutgoingMessage } from './message.ts'

/** The parts of Graph's message that a list needs. */
const LIST_PROPERTIES = [
  ['id', 'conversationId', 'internetMessageId', 'subject', 'bodyPreview', 'importance', 'isRead', 'isDraft', 'categories'],
  ['from', 'sender', 'toRecipients', 'ccRecipients', 'bccRecipients', 'replyTo', 'flag', 'hasAttachments'],
  ['receivedDateTime', 'sentDateTime', 'parentFolderId', 'webLink'],
].flat()

/** The `$select` of a list or of one message, with or without its body. */
export function messageSelect({ body, headers }: { body: BodyKind | 'none'; headers: boolean }): string {
  return [...LIST_PROPERTIES, ...(body === 'none' ? [] : ['body']), ...(headers ? ['internetMessageHeaders'] : [])].join(',')
}

/** The preference that makes Graph convert the body. */
export function bodyPreference(body: BodyKind | 'none'): string[] {
  return body === 'none' ? [] : [`outlook.body-content-type="${body}"`]
}

/** Graph's message in the gateway's shape. */
export function fromGraphMessage(message: graph.Message): Message {
  const { body, flag, internetMessageHeaders: headers } = message
  return {
    id: message.id ?? '',
    conversationId: message.conversationId ?? undefined,
    internetMessageId: message.internetMessageId ?? undefined,
    subject: message.subject ?? '',
    from: fromRecipient(message.from),
    sender: fromRecipient(message.sender),
    to: fromRecipients(message.toRecipients),
    cc: fromRecipients(message.ccRecipients),
    bcc: fromRecipients(message.bccRecipients),
    replyTo: fromRecipients(message.replyTo),
    ...(body && { [body.contentType === 'html' ? 'html' : 'text']: body.content ?? '' }),
    preview: message.bodyPreview ?? '',
    receivedOn: message.receivedDateTime ?? undefined,
    sentOn: message.sentDateTime ?? undefined,
    importance: message.importance ?? 'normal',
    isRead: message.isRead ?? false,
    isDraft: message.isDraft ?? false,
    categories: message.categories ?? [],
    flag: flag?.flagStatus ?? 'notFlagged',
    hasAttachments: message.hasAttachments ?? false,
    ...(headers && { headers: headers.map(({ name, value }) => ({ name: name ?? '', value: value ?? '' })) }),
    folder: message.parentFolderId ?? undefined,
    webLink: message.webLink ?? undefined,
  }
}

/** A message to send in Graph's shape. */
export function toGraphMessage(message: OutgoingMessage): graph.Message {
  const { from, body, importance, categories, headers, attachments } = message
  return {
    subject: message.subject,
    ...(from && { from: toRecipient(from) }),
    toRecipients: message.to.map(toRecipient),
    ...(message.cc.length > 0 && { ccRecipients: message.cc.map(toRecipient) }),
    ...(message.bcc.length > 0 && { bccRecipients: message.bcc.map(toRecipient) }),
    ...(message.replyTo.length > 0 && { replyTo: message.replyTo.map(toRecipient) }),
    body: { contentType: body.kind, content: body.content },
    ...(importance && { importance }),
    ...(categories.length > 0 && { categories }),
    ...(headers.length > 0 && { internetMessageHeaders: headers }),
    ...(attachments.length > 0 && { attachments: attachments.map(toFileAttachment) }),
  }
}

const KINDS: Readonly<Record<string, Attachment['kind']>> = {
  '#microsoft.graph.itemAttachment': 'item',
  '#microsoft.graph.referenceAttachment': 'reference',
}

/** One of Graph's attachments, without its content. */
export type GraphAttachment = graph.FileAttachment & { '@odata.type'?: string }

export function fromGraphAttachment(attachment: GraphAttachment): Attachment {
  const kind = KINDS[attachment['@odata.type'] ?? ''] ?? 'file'
  return {
    id: attachment.id ?? '',
    filename: attachment.name ?? '',
    contentType: attachment.contentType || (kind === 'item' ? 'message/rfc822' : 'application/octet-stream'),
    size: attachment.size ?? 0,
    cid: attachment.contentId ?? undefined,
    inline: attachment.isInline ?? false,
    kind,
  }
}

function toFileAttachment({ filename, contentType, content, cid, inline }: OutgoingAttachment): GraphAttachment {
  return {
    '@odata.type': '#microsoft.graph.fileAttachment',
    name: filename,
    contentType,
    contentBytes: content,
    isInline: inline,
    ...(cid !== undefined && { contentId: cid }),
  }
}

function toRecipient({ name, address }: MailAddress): graph.Recipient {
  return { emailAddress: { ...(name !== undefined && { name }), address } }
}

function fromRecipient(recipient?: graph.NullableOption<graph.Recipient>): MailAddress | undefined {
  const { name, address } = recipient?.emailAddress ?? {}
  // Exchange leaves the address empty where it knows only a name.
  return name || address ? { ...(name && { name }), address: address ?? '' } : undefined
}

function fromRecipients(recipients?: graph.NullableOption<graph.Recipient[]>): MailAddress[] {
  return (recipients ?? []).flatMap((recipient) => fromRecipient(recipient) ?? [])
}
