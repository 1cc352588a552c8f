import { fileAttachment } from '../compose.ts'
import { GraphError } from '../errors.ts'
import type { Blobs } from '../store/blobs.ts'
import { type StoredMessage, toSeconds } from '../store/model.ts'
import { parseMime } from './parse.ts'

/** Headers that a message's own properties hold. */
const OWN_HEADERS = /^(?:from|sender|to|cc|bcc|reply-to|subject|date|message-id|mime-version|content-.*|importance)$/i

/** What a MIME message says, in the terms of the store. Throws Graph's 400 for what is no message. */
export function messageFromMime(blobs: Blobs, raw: Buffer): Partial<StoredMessage> {
  const { headers, text, html, files, internetMessageId, ...properties } = parseMime(raw)
  if (headers.length === 0) throw new GraphError(400, 'ErrorMimeContentInvalid', 'The MIME content is not a message.')
  const sentOn = Date.parse(headers.find(({ name }) => name.toLowerCase() === 'date')?.value ?? '')
  return {
    ...properties,
    ...(Number.isNaN(sentOn) ? {} : { sentDateTime: toSeconds(sentOn) }),
    ...(internetMessageId ? { internetMessageId } : {}),
    body: html === undefined ? { contentType: 'text', content: text ?? '' } : { contentType: 'html', content: html },
    internetMessageHeaders: headers.filter(({ name }) => !OWN_HEADERS.test(name)),
    attachments: files.map(({ name, bytes, ...file }) => fileAttachment(blobs, name, bytes, file)),
  }
}
