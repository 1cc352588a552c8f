import type { InternetMessageHeader } from '@microsoft/microsoft-graph-types'

import type { Tenant } from '../people.ts'
import { addressOf, copyMessage, domainOf, newMessage } from './compose.ts'
import { newConversationId } from './store/ids.ts'
import type { Mailbox } from './store/mailbox.ts'
import { type StoredMessage, toSeconds } from './store/model.ts'
import type { Store } from './store/store.ts'

/** Where mail is delivered: the mailboxes, and the domains whose unknown addresses are reported back. */
export interface PostOffice {
  store: Store
  tenants: Tenant[]
}

/** Puts a copy into the inbox of every recipient that has a mailbox here; mail to anyone else vanishes. */
export function deliver(office: PostOffice, message: StoredMessage, envelope: string[], sender?: Mailbox): void {
  const unknown: string[] = []
  const reached = new Set<Mailbox>()
  for (const address of envelope) {
    const mailbox = office.store.mailbox(address)
    if (mailbox) reached.add(mailbox)
    else if (office.tenants.some(({ domain }) => domain === domainOf(address))) unknown.push(address)
  }
  for (const mailbox of reached) mailbox.addMessage(received(message, mailbox))
  if (unknown.length > 0) sender?.addMessage(nonDelivery(message, unknown, sender))
}

export function recipientAddresses(message: StoredMessage): string[] {
  return [...message.toRecipients, ...message.ccRecipients, ...message.bccRecipients].map(addressOf)
}

/** The copy a recipient gets: no blind recipients, nothing of the sender's own marks. */
function received(message: StoredMessage, mailbox: Mailbox): StoredMessage {
  const now = toSeconds(Date.now())
  return copyMessage(message, {
    folderId: mailbox.wellKnown('inbox').id,
    createdDateTime: now,
    lastModifiedDateTime: now,
    receivedDateTime: now,
    isRead: false,
    isDraft: false,
    bccRecipients: [],
    categories: [],
    flag: { flagStatus: 'notFlagged' },
    extendedProperties: [],
    internetMessageHeaders: transportHeaders(message),
    conversationId: findConversation(message, mailbox) ?? newConversationId(),
  })
}

/** Conversations go by the message ids a mail refers to, and each mailbox names them for itself. */
function findConversation(message: StoredMessage, mailbox: Mailbox): string | undefined {
  const references = message.internetMessageHeaders
    .filter(({ name }) => /^(?:in-reply-to|references)$/i.test(name ?? ''))
    .flatMap(({ value }) => value?.match(/<[^>]+>/g) ?? [])
  const related = new Set([...references, message.internetMessageId])
  return mailbox.messages().find(({ internetMessageId }) => related.has(internetMessageId))?.conversationId
}

function transportHeaders(message: StoredMessage): InternetMessageHeader[] {
  const list = (recipients: StoredMessage['toRecipients']) => recipients.map(addressOf).join(', ')
  const own = [
    { name: 'From', value: addressOf(message.from) },
    { name: 'To', value: list(message.toRecipients) },
    { name: 'Cc', value: list(message.ccRecipients) },
    { name: 'Subject', value: message.subject },
    { name: 'Date', value: new Date(message.sentDateTime).toUTCString() },
    { name: 'Message-ID', value: message.internetMessageId },
  ]
  const written = new Set(own.map(({ name }) => name.toLowerCase()))
  const others = message.internetMessageHeaders.filter(({ name }) => !written.has((name ?? '').toLowerCase()))
  return [...own.filter(({ value }) => value !== ''), ...others]
}

/** A report for addresses that do not exist in a tenant of the sandbox (RFC 3464 in words only). */
function nonDelivery(message: StoredMessage, addresses: string[], sender: Mailbox): StoredMessage {
  const postmaster = {
    emailAddress: { name: 'Microsoft Outlook', address: `postmaster@${domainOf(sender.owner.mail)}` },
  }
  return newMessage(sender.owner, sender.wellKnown('inbox').id, {
    subject: `Undeliverable: ${message.subject}`,
    from: postmaster,
    sender: postmaster,
    toRecipients: [{ emailAddress: { name: sender.owner.displayName, address: sender.owner.mail } }],
    body: {
      contentType: 'text',
      content: `Your message could not be delivered to:\n${addresses.join('\n')}\n550 5.1.10 RecipientNotFound`,
    },
    isRead: false,
    isDraft: false,
  })
}
