import type { FollowupFlag, Importance, InternetMessageHeader, Recipient } from '@microsoft/microsoft-graph-types'

/** The folders every mailbox is born with: Graph's well-known name and what people see. */
export const WELL_KNOWN_FOLDERS = {
  inbox: 'Inbox',
  drafts: 'Drafts',
  sentitems: 'Sent Items',
  deleteditems: 'Deleted Items',
  archive: 'Archive',
  junkemail: 'Junk Email',
  outbox: 'Outbox',
} as const

export type WellKnownName = keyof typeof WELL_KNOWN_FOLDERS

/** The parent of the folders at the top. */
export const ROOT = 'msgfolderroot'

export interface StoredFolder {
  id: string
  parentId: string
  displayName: string
  wellKnownName?: WellKnownName | typeof ROOT
}

/** Where an attachment's bytes are: kept, or generated again for each reader. */
export type StoredContent = { blob: string } | { seed: string }

export interface StoredAttachment {
  id: string
  kind: 'file' | 'item' | 'reference'
  name: string
  contentType: string | null
  isInline: boolean
  contentId: string | null
  lastModifiedDateTime: string
  /** Bytes of the content itself. */
  size: number
  content?: StoredContent
  /** Of an item attachment. */
  item?: { subject: string; body: StoredBody }
}

export interface StoredBody {
  contentType: 'text' | 'html'
  content: string
}

export interface StoredExtendedProperty {
  id: string
  value: string
}

export interface StoredMessage {
  /** Changes when the message moves; `immutableId` does not. */
  id: string
  immutableId: string
  folderId: string
  /** Accepted for sending and, for now, in no folder that a client can see. */
  hidden: boolean
  changeKey: number
  createdDateTime: string
  lastModifiedDateTime: string
  receivedDateTime: string
  sentDateTime: string
  subject: string
  body: StoredBody
  importance: Importance
  isRead: boolean
  isDraft: boolean
  isDeliveryReceiptRequested: boolean
  isReadReceiptRequested: boolean
  categories: string[]
  flag: FollowupFlag
  from?: Recipient
  sender?: Recipient
  toRecipients: Recipient[]
  ccRecipients: Recipient[]
  bccRecipients: Recipient[]
  replyTo: Recipient[]
  internetMessageId: string
  conversationId: string
  internetMessageHeaders: InternetMessageHeader[]
  extendedProperties: StoredExtendedProperty[]
  attachments: StoredAttachment[]
}

/** A message on its way: when it leaves where it is seen now, and when its copy is seen in Sent Items (ms since 1970). */
export interface PendingSend {
  immutableId: string
  leavesOn: number
  appearsOn: number
}

export interface StoredMailbox {
  folders: StoredFolder[]
  messages: StoredMessage[]
  pending: PendingSend[]
}

/** Graph shows and compares mail times in whole seconds. */
export const toSeconds = (time: number | Date) => `${new Date(time).toISOString().slice(0, 19)}Z`
