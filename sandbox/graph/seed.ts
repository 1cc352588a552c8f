import type { Recipient } from '@microsoft/microsoft-graph-types'

import { fileAttachment, newMessage, recipientOf } from './compose.ts'
import type { Blobs } from './store/blobs.ts'
import { newAttachmentId } from './store/ids.ts'
import type { Mailbox } from './store/mailbox.ts'
import { type StoredAttachment, toSeconds } from './store/model.ts'

export interface SeedOptions {
  /** When the first was received. */
  start: Date | string
  /** Milliseconds from one to the next. */
  spacing: number
  /** Length of each body; a short text when absent. */
  bytes?: number
  /** One attachment each, of these kinds. */
  attachments?: ('file' | 'inline' | 'item' | 'reference')[]
}

const SENDER: Recipient = { emailAddress: { name: 'Newsletter', address: 'newsletter@example.test' } }

/** Adds the message number `index` of a seeded series to the inbox; answers its immutable id. */
export function seedMessage(blobs: Blobs, mailbox: Mailbox, index: number, options: SeedOptions): string {
  const time = toSeconds(new Date(options.start).getTime() + index * options.spacing)
  const text = `Message number ${index}.`
  const content =
    options.bytes === undefined ? text : text.padEnd(options.bytes, ' Lorem ipsum dolor sit amet.').slice(0, options.bytes)
  const message = newMessage(mailbox.owner, mailbox.wellKnown('inbox').id, {
    subject: `Seeded ${index}`,
    body: { contentType: 'text', content },
    from: SENDER,
    sender: SENDER,
    toRecipients: [recipientOf(mailbox.owner)],
    createdDateTime: time,
    lastModifiedDateTime: time,
    receivedDateTime: time,
    sentDateTime: time,
    isRead: false,
    isDraft: false,
    attachments: (options.attachments ?? []).map((kind) => seedAttachment(blobs, kind, index)),
  })
  return mailbox.addMessage(message).immutableId
}

function seedAttachment(blobs: Blobs, kind: 'file' | 'inline' | 'item' | 'reference', index: number): StoredAttachment {
  const bytes = Buffer.from(`Content of attachment ${index}.`)
  if (kind === 'file') return fileAttachment(blobs, `file-${index}.txt`, bytes, { contentType: 'text/plain' })
  if (kind === 'inline') {
    return fileAttachment(blobs, `image-${index}.png`, bytes, {
      contentType: 'image/png',
      isInline: true,
      contentId: `image-${index}`,
    })
  }
  const content = `Item ${index}.`
  return {
    id: newAttachmentId(),
    kind,
    name: kind === 'item' ? `Item ${index}` : `Link ${index}`,
    contentType: null,
    isInline: false,
    contentId: null,
    lastModifiedDateTime: toSeconds(Date.now()),
    size: content.length,
    ...(kind === 'item' ? { item: { subject: `Item ${index}`, body: { contentType: 'text', content } } } : {}),
  }
}
