/** The one message shape of the contract, both ways. */
export interface MailAddress {
  name?: string
  address: string
}

export interface MessageHeader {
  name: string
  value: string
}

export type Importance = 'low' | 'normal' | 'high'

/** What Graph keeps is one body. */
export type BodyKind = 'text' | 'html'

/** A message as it comes from the mailbox. Which of the optional parts are there depends on what was asked for. */
export interface Message {
  id: string
  conversationId?: string
  internetMessageId?: string
  subject: string
  /** Absent on a draft that nobody has addressed yet. */
  from?: MailAddress
  sender?: MailAddress
  to: MailAddress[]
  cc: MailAddress[]
  bcc: MailAddress[]
  replyTo: MailAddress[]
  text?: string
  html?: string
  /** The first 255 characters as text. */
  preview: string
  /** RFC 3339, UTC. */
  receivedOn?: string
  sentOn?: string
  importance: Importance
  isRead: boolean
  isDraft: boolean
  categories: string[]
  flag: 'notFlagged' | 'flagged' | 'complete'
  /** Attachments other than inline images. */
  hasAttachments: boolean
  attachments?: Attachment[]
  headers?: MessageHeader[]
  /** Id of the folder. */
  folder?: string
  webLink?: string
}

export interface Attachment {
  id: string
  filename: string
  contentType: string
  /** As Exchange counts it: some hundred bytes more than the content. */
  size: number
  cid?: string
  inline: boolean
  kind: 'file' | 'item' | 'reference'
}

/** A message to send, checked and in one form. */
export interface OutgoingMessage {
  subject: string
  from?: MailAddress
  to: MailAddress[]
  cc: MailAddress[]
  bcc: MailAddress[]
  replyTo: MailAddress[]
  body: { kind: BodyKind; content: string }
  importance?: Importance
  categories: string[]
  headers: MessageHeader[]
  attachments: OutgoingAttachment[]
}

export interface OutgoingAttachment {
  filename: string
  contentType: string
  /** Base64. */
  content: string
  cid?: string
  inline: boolean
}
