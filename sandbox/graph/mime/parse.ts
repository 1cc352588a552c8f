import type { Recipient } from '@microsoft/microsoft-graph-types'
import addressparser from 'nodemailer/lib/addressparser'
import { decodeHeader, decodeText, headerParameters, type MimePart, parsePart } from './part.ts'

/** A message as its MIME says. */
export interface ParsedMessage {
  headers: { name: string; value: string }[]
  subject: string
  from?: Recipient
  sender?: Recipient
  toRecipients: Recipient[]
  ccRecipients: Recipient[]
  bccRecipients: Recipient[]
  replyTo: Recipient[]
  internetMessageId?: string
  importance: 'low' | 'normal' | 'high'
  text?: string
  html?: string
  files: { name: string; contentType: string; contentId: string | null; isInline: boolean; bytes: Buffer }[]
}

/** Reads an RFC 5322 message with its MIME parts (RFC 2045 to 2047). */
export function parseMime(raw: Buffer): ParsedMessage {
  const root = parsePart(raw)
  const first = (name: string) => root.headers.find((header) => header.name.toLowerCase() === name)?.value
  const message: ParsedMessage = {
    headers: root.headers,
    subject: decodeHeader(first('subject') ?? ''),
    from: recipients(first('from'))[0],
    sender: recipients(first('sender'))[0],
    toRecipients: recipients(first('to')),
    ccRecipients: recipients(first('cc')),
    bccRecipients: recipients(first('bcc')),
    replyTo: recipients(first('reply-to')),
    internetMessageId: first('message-id')?.trim(),
    importance: importanceOf(first('importance')),
    files: [],
  }
  collect(root, message)
  return message
}

function collect(part: MimePart, message: ParsedMessage): void {
  if (part.parts) {
    for (const child of part.parts) collect(child, message)
    return
  }
  const disposition = headerParameters(part.header('content-disposition') ?? '')
  const isText = part.contentType === 'text/plain' || part.contentType === 'text/html'
  const key = part.contentType === 'text/html' ? 'html' : 'text'
  if (isText && disposition.value !== 'attachment' && message[key] === undefined) {
    message[key] = decodeText(part.content, part.parameters.charset)
    return
  }
  const contentId = part.header('content-id')?.trim().replace(/^<|>$/g, '') ?? null
  message.files.push({
    name: disposition.parameters.filename ?? part.parameters.name ?? 'attachment',
    contentType: part.contentType,
    contentId,
    isInline: disposition.value === 'inline' && contentId !== null,
    bytes: part.content,
  })
}

function recipients(header: string | undefined): Recipient[] {
  if (!header) return []
  return addressparser(header, { flatten: true }).map(({ name, address }) => ({
    emailAddress: { name: decodeHeader(name) || address, address },
  }))
}

function importanceOf(header: string | undefined): ParsedMessage['importance'] {
  const value = header?.trim().toLowerCase()
  return value === 'high' || value === 'low' ? value : 'normal'
}
