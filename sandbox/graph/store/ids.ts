import { randomBytes } from 'node:crypto'

/** Ids have Graph's alphabet, length and padding (about 152 characters), so that clients must encode them. */
function id(prefix: string, bytes: number, suffix: string): string {
  return prefix + randomBytes(bytes).toString('base64url') + suffix
}

/** An item id that changes when the item moves. */
export const newItemId = () => id('AAMkAG', 105, 'AAA=')

/** An id that an item keeps for its life in one mailbox. */
export const newImmutableId = () => id('AAkALg', 105, 'AAA=')

export const newFolderId = () => id('AAMkAD', 78, 'AAA=')

export const newAttachmentId = () => id('AAMkAT', 123, 'AAA=')

export const newConversationId = () => id('AAQkAC', 45, 'AAA=')

export const newInternetMessageId = (domain: string) => `<${randomBytes(16).toString('hex').toUpperCase()}@${domain}>`

/** Could this be an id at all? Graph tells a malformed one from an unknown one. */
export const looksLikeId = (value: string) => /^AA[A-Za-z0-9_-]{58,}=*$/.test(value)
