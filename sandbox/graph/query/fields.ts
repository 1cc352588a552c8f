import type { StoredFolder, StoredMessage } from '../store/model.ts'

/** How a field is read for comparing; its type decides which literals fit. */
export interface Field<T> {
  type: 'text' | 'time' | 'boolean' | 'number'
  /** Can results be ordered by it? */
  ordered?: boolean
  /** Compared with case, as ids are; other text is not. */
  exact?: boolean
  read(item: T): string | boolean | number | null
}

/** Attachments that show as such; inline pictures do not count. */
export const showsAttachments = (message: StoredMessage) => message.attachments.some(({ isInline }) => !isInline)

const text = <T>(read: (item: T) => string | null | undefined, ordered = false): Field<T> => ({
  type: 'text',
  ordered,
  read: (item) => read(item) ?? null,
})
const id = <T>(read: (item: T) => string): Field<T> => ({ type: 'text', exact: true, read })
const time = <T>(read: (item: T) => string): Field<T> => ({ type: 'time', ordered: true, read })
const flag = <T>(read: (item: T) => boolean): Field<T> => ({ type: 'boolean', ordered: true, read })

/** Fields of a message that Outlook filters and orders by. */
export const messageFields: Record<string, Field<StoredMessage>> = {
  receivedDateTime: time((message) => message.receivedDateTime),
  sentDateTime: time((message) => message.sentDateTime),
  createdDateTime: time((message) => message.createdDateTime),
  lastModifiedDateTime: time((message) => message.lastModifiedDateTime),
  isRead: flag((message) => message.isRead),
  isDraft: flag((message) => message.isDraft),
  hasAttachments: flag(showsAttachments),
  importance: text((message) => message.importance, true),
  subject: text((message) => message.subject, true),
  conversationId: id((message) => message.conversationId),
  internetMessageId: text((message) => message.internetMessageId),
  parentFolderId: id((message) => message.folderId),
  'from/emailAddress/address': text((message) => message.from?.emailAddress?.address, true),
  'from/emailAddress/name': text((message) => message.from?.emailAddress?.name, true),
  'sender/emailAddress/address': text((message) => message.sender?.emailAddress?.address, true),
  'flag/flagStatus': text((message) => message.flag.flagStatus),
}

/** Collections of a message that `any` looks into; an element's fields go by their path after the variable. */
export const messageCollections: Record<string, (message: StoredMessage) => Record<string, string>[]> = {
  singleValueExtendedProperties: (message) => message.extendedProperties.map(({ id, value }) => ({ id, value })),
  categories: (message) => message.categories.map((category) => ({ '': category })),
}

export const folderFields: Record<string, Field<StoredFolder>> = {
  displayName: text((folder) => folder.displayName, true),
}
