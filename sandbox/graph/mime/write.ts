import { Readable } from 'node:stream'

import type { Recipient } from '@microsoft/microsoft-graph-types'
import MailComposer from 'nodemailer/lib/mail-composer'

import { addressOf } from '../compose.ts'
import type { Blobs } from '../store/blobs.ts'
import { contentParts } from '../store/content.ts'
import type { StoredAttachment, StoredMessage } from '../store/model.ts'

/** A message as an RFC 5322 stream; attachments are encoded as they are read. */
export function writeMime(blobs: Blobs, message: StoredMessage): Readable {
  const { contentType, content } = message.body
  const composer = new MailComposer({
    from: addresses(message.from ? [message.from] : [])[0],
    sender: addresses(message.sender && addressOf(message.sender) !== addressOf(message.from) ? [message.sender] : [])[0],
    to: addresses(message.toRecipients),
    cc: addresses(message.ccRecipients),
    bcc: addresses(message.bccRecipients),
    replyTo: addresses(message.replyTo),
    subject: message.subject,
    date: new Date(message.sentDateTime),
    messageId: message.internetMessageId,
    priority: message.importance,
    headers: threading(message),
    [contentType]: content,
    // Otherwise plain text is flowed (RFC 3676) and comes out with other line ends.
    textEncoding: 'quoted-printable',
    attachments: message.attachments.filter(({ kind }) => kind !== 'reference').map((attachment) => toPart(blobs, attachment)),
  })
  const node = composer.compile()
  // The mailbox's own copy keeps the blind recipients; nodemailer leaves them out unless told.
  Object.assign(node, { keepBcc: true })
  return node.createReadStream()
}

/** Headers of a message that the composer does not write itself. */
function threading(message: StoredMessage): { key: string; value: string }[] {
  const wanted = /^(?:x-|in-reply-to$|references$)/i
  return message.internetMessageHeaders.flatMap(({ name, value }) =>
    name && value && wanted.test(name) ? [{ key: name, value }] : [],
  )
}

/** An attached item as a message of its own. */
export function itemMime(item: NonNullable<StoredAttachment['item']>): string {
  const type = item.body.contentType === 'html' ? 'text/html' : 'text/plain'
  return `Subject: ${item.subject}\r\nMIME-Version: 1.0\r\nContent-Type: ${type}; charset=utf-8\r\n\r\n${item.body.content}\r\n`
}

function toPart(blobs: Blobs, attachment: StoredAttachment) {
  if (attachment.item) {
    return { filename: `${attachment.name}.eml`, contentType: 'message/rfc822', content: itemMime(attachment.item) }
  }
  return {
    filename: attachment.name,
    contentType: attachment.contentType ?? undefined,
    contentDisposition: attachment.isInline ? ('inline' as const) : ('attachment' as const),
    cid: attachment.contentId ?? undefined,
    content: Readable.from(contentParts(blobs, attachment)),
  }
}

function addresses(recipients: Recipient[]): { name: string; address: string }[] {
  return recipients.map(({ emailAddress }) => ({ name: emailAddress?.name ?? '', address: emailAddress?.address ?? '' }))
}
