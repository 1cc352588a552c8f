import type { Recipient } from '@microsoft/microsoft-graph-types'

import type { Person } from '../people.ts'
import { GraphError, tooLarge } from './errors.ts'
import type { AttachmentInput, MessageInput } from './input.ts'
import { setExtendedProperties } from './query/extended-properties.ts'
import type { Blobs } from './store/blobs.ts'
import { newAttachmentId, newConversationId, newImmutableId, newInternetMessageId, newItemId } from './store/ids.ts'
import { type StoredAttachment, type StoredMessage, toSeconds } from './store/model.ts'

/** A file from here up needs an upload session. @see {@link https://learn.microsoft.com/graph/outlook-large-attachments} */
const DIRECT_ATTACHMENT_LIMIT_BYTES = 3 * 1024 * 1024

export const recipientOf = (person: Person): Recipient => ({
  emailAddress: { name: person.displayName, address: person.mail },
})

export const addressOf = (recipient: Recipient | undefined) => recipient?.emailAddress?.address ?? ''

export const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1).toLowerCase()

/** An empty draft of a person, in no folder yet. */
export function newMessage(owner: Person, folderId: string, more: Partial<StoredMessage> = {}): StoredMessage {
  const now = toSeconds(Date.now())
  return {
    id: newItemId(),
    immutableId: newImmutableId(),
    folderId,
    hidden: false,
    changeKey: 1,
    createdDateTime: now,
    lastModifiedDateTime: now,
    receivedDateTime: now,
    sentDateTime: now,
    subject: '',
    body: { contentType: 'html', content: '' },
    importance: 'normal',
    isRead: true,
    isDraft: true,
    isDeliveryReceiptRequested: false,
    isReadReceiptRequested: false,
    categories: [],
    flag: { flagStatus: 'notFlagged' },
    toRecipients: [],
    ccRecipients: [],
    bccRecipients: [],
    replyTo: [],
    internetMessageId: newInternetMessageId(domainOf(owner.mail)),
    conversationId: newConversationId(),
    internetMessageHeaders: [],
    extendedProperties: [],
    attachments: [],
    ...more,
  }
}

/** Writes what a client sent into a message. */
export function applyInput(blobs: Blobs, message: StoredMessage, input: MessageInput): void {
  const {
    attachments,
    singleValueExtendedProperties,
    internetMessageHeaders,
    inferenceClassification,
    subject,
    from,
    sender,
    ...rest
  } = input
  Object.assign(message, rest)
  message.internetMessageHeaders.push(...(internetMessageHeaders ?? []))
  if (subject !== undefined) message.subject = subject ?? ''
  if (from) message.from = named(from)
  if (sender) message.sender = named(sender)
  for (const list of ['toRecipients', 'ccRecipients', 'bccRecipients', 'replyTo'] as const) {
    if (rest[list]) message[list] = rest[list].map(named)
  }
  if (singleValueExtendedProperties) {
    message.extendedProperties = setExtendedProperties(message.extendedProperties, singleValueExtendedProperties)
  }
  for (const attachment of attachments ?? []) message.attachments.push(newAttachment(blobs, attachment))
}

/** Keeps an attachment that came in a request. Throws 413 for a file that needs an upload session. */
export function newAttachment(blobs: Blobs, input: AttachmentInput): StoredAttachment {
  if (input['@odata.type'] !== '#microsoft.graph.fileAttachment') {
    throw new GraphError(400, 'ErrorInvalidRequest', 'Only file attachments can be added here.')
  }
  if (input.contentBytes === undefined) throw new GraphError(400, 'ErrorInvalidRequest', 'contentBytes is missing.')
  const bytes = Buffer.from(input.contentBytes, 'base64')
  if (bytes.length >= DIRECT_ATTACHMENT_LIMIT_BYTES) {
    throw tooLarge('ErrorAttachmentSizeLimitExceeded', 'A file of 3 MB and more needs an upload session.')
  }
  return fileAttachment(blobs, input.name, bytes, input)
}

export function fileAttachment(
  blobs: Blobs,
  name: string,
  bytes: Buffer,
  more: { contentType?: string | null; isInline?: boolean | null; contentId?: string | null } = {},
): StoredAttachment {
  return {
    id: newAttachmentId(),
    kind: 'file',
    name,
    contentType: more.contentType ?? 'application/octet-stream',
    isInline: more.isInline ?? false,
    contentId: more.contentId ?? null,
    lastModifiedDateTime: toSeconds(Date.now()),
    size: bytes.length,
    content: { blob: blobs.put(bytes) },
  }
}

/** A copy with ids of its own; attachments' bytes are shared, since nothing changes them. */
export function copyMessage(message: StoredMessage, changes: Partial<StoredMessage>): StoredMessage {
  const copy = structuredClone(message)
  for (const attachment of copy.attachments) attachment.id = newAttachmentId()
  return Object.assign(copy, { id: newItemId(), immutableId: newImmutableId(), changeKey: 1, hidden: false }, changes)
}

/** Exchange names a recipient by the address when no name is given. */
function named({ emailAddress }: Recipient): Recipient {
  const address = emailAddress?.address?.trim() ?? ''
  return { emailAddress: { name: emailAddress?.name || address, address } }
}
