import { randomUUID } from 'node:crypto'

import type { Recipient } from '@microsoft/microsoft-graph-types'

import { addressOf, newMessage } from './compose.ts'
import { deliver } from './delivery.ts'
import { messageFromMime } from './mime/message.ts'
import { type SeedOptions, seedMessage } from './seed.ts'
import type { GraphService } from './service.ts'
import { newAttachmentId } from './store/ids.ts'
import type { Mailbox } from './store/mailbox.ts'
import { type StoredMessage, toSeconds } from './store/model.ts'

/** What the admin API and tests do to the service from outside. */
export interface GraphControl {
  /** Puts messages into the inbox, the first received at `start`, each `spacing` milliseconds after the one before; answers their immutable ids. */
  seedMessages(address: string, count: number, options: SeedOptions): string[]
  /** Delivers an RFC 5322 message to these envelope recipients, as mail that came by SMTP. */
  deliver(from: string, to: string[], raw: Buffer | string): void
  /** What is in a mailbox now, as its owner would see it. */
  mailboxOf(address: string): {
    oid: string
    folders: { displayName: string; wellKnownName?: string; total: number; unread: number }[]
  }
  /** Every message a mailbox shows, newest first. */
  messagesOf(address: string): StoredMessage[]
  setSentCopyDelay(ms: number): void
  setMessageSizeLimit(bytes: number): void
  /** Confines an application to these mailboxes (none given: lifts that), as an application access policy does. */
  restrictApplication(appId: string, addresses?: string[]): void
  /** Puts a message with one generated attachment into the inbox; `generatedBytes(seed, bytes)` tells its content. */
  addAttachmentMessage(
    address: string,
    file: GeneratedFile,
  ): { messageId: string; immutableId: string; attachmentId: string; seed: string }
}

export interface GeneratedFile {
  name: string
  contentType: string
  bytes: number
}

export function graphControl(service: GraphService): GraphControl {
  const mailboxAt = (address: string): Mailbox => {
    const mailbox = service.store.mailbox(address)
    if (!mailbox) throw new Error('The sandbox has no such mailbox.')
    mailbox.settle()
    return mailbox
  }
  const { settings } = service
  return {
    seedMessages: (address, count, options) =>
      Array.from({ length: count }, (_, index) => seedMessage(service.store.blobs, mailboxAt(address), index, options)),
    deliver: (from, to, raw) => deliverRaw(service, from, to, Buffer.from(raw)),
    mailboxOf: (address) => describe(mailboxAt(address)),
    messagesOf: (address) => mailboxAt(address).messages(),
    setSentCopyDelay: (ms) => {
      settings.sentCopyDelayMs = ms
    },
    setMessageSizeLimit: (bytes) => {
      settings.messageSizeLimit = bytes
    },
    restrictApplication: (appId, addresses) => {
      if (addresses) settings.applicationMailboxes.set(appId, new Set(addresses.map((address) => address.toLowerCase())))
      else settings.applicationMailboxes.delete(appId)
    },
    addAttachmentMessage: (address, file) => addGenerated(mailboxAt(address), file),
  }
}

function describe(mailbox: Mailbox) {
  const folders = mailbox.folders.map((folder) => {
    const { total, unread } = mailbox.counts(folder)
    return { displayName: folder.displayName, wellKnownName: folder.wellKnownName, total, unread }
  })
  return { oid: mailbox.owner.oid, folders }
}

function deliverRaw(service: GraphService, from: string, to: string[], raw: Buffer): void {
  const sender = service.store.mailbox(from)
  const owner = sender?.owner ?? service.people[0]
  if (!owner) return
  const envelope: Recipient = { emailAddress: { name: sender?.owner.displayName ?? from, address: from } }
  const message = newMessage(owner, '', messageFromMime(service.store.blobs, raw))
  if (!addressOf(message.from)) message.from = envelope
  message.sender ??= message.from
  deliver(service, message, to, sender)
}

function addGenerated(mailbox: Mailbox, { name, contentType, bytes }: GeneratedFile) {
  const seed = randomUUID()
  const attachmentId = newAttachmentId()
  const message = newMessage(mailbox.owner, mailbox.wellKnown('inbox').id, {
    subject: `File ${name}`,
    body: { contentType: 'text', content: 'See the attachment.' },
    isRead: false,
    isDraft: false,
  })
  message.attachments.push({
    id: attachmentId,
    kind: 'file',
    name,
    contentType,
    isInline: false,
    contentId: null,
    lastModifiedDateTime: toSeconds(Date.now()),
    size: bytes,
    content: { seed },
  })
  mailbox.addMessage(message)
  return { messageId: message.id, immutableId: message.immutableId, attachmentId, seed }
}
