import * as z from 'zod/mini'

import { AppError, type InputError } from '../errors.ts'
import { isHeaderText, isMailAddress } from './address.ts'
import { isBase64 } from './base64.ts'
import type { MailAddress, OutgoingAttachment, OutgoingMessage } from './message.ts'

/** Exchange Online's upper bound, whatever a tenant allows. */
const MAX_RECIPIENTS = 1000
/** @see {@link https://learn.microsoft.com/graph/api/resources/internetmessageheader Graph takes custom headers only, at most five} */
const MAX_HEADERS = 5
/** One line of a message without its CRLF. RFC 5322 §2.1.1 */
const MAX_LINE = 998
const MAX_NAME = 255
const MAX_CATEGORIES = 100
const MAX_ATTACHMENTS = 500
const DEFAULT_CONTENT_TYPE = 'application/octet-stream'

const oneLine = (most: number) =>
  z
    .string()
    .check(
      z.maxLength(most, `must have at most ${most} characters`),
      z.refine(isHeaderText, 'must not have line breaks or control characters'),
    )
const plainText = z.string().check(z.refine((text) => text.isWellFormed(), 'must be well-formed Unicode'))
const mailAddress = z.string().check(z.refine(isMailAddress, 'must be a mail address'))

const address = z.pipe(
  z.union([mailAddress, z.strictObject({ name: z.optional(oneLine(MAX_NAME)), address: mailAddress })], {
    error: 'must be a mail address or {"name", "address"}',
  }),
  z.transform((given): MailAddress => (typeof given === 'string' ? { address: given } : given)),
)
const addresses = z._default(z.array(address).check(z.maxLength(MAX_RECIPIENTS, `must be at most ${MAX_RECIPIENTS}`)), [])

const header = z.strictObject({
  name: z.string().check(z.regex(/^x-[\w-]{1,70}$/i, 'must begin with "x-" and have letters, digits and dashes')),
  value: oneLine(MAX_LINE),
})

const attachment = z.pipe(
  z.strictObject({
    filename: oneLine(MAX_NAME).check(z.minLength(1, 'must not be empty')),
    contentType: z._default(
      oneLine(MAX_NAME).check(z.regex(/^[\w.+-]+\/[\w.+-]+(?:\s*;.*)?$/, 'must be a media type')),
      DEFAULT_CONTENT_TYPE,
    ),
    content: z.string().check(z.refine(isBase64, 'must be base64')),
    cid: z.optional(oneLine(MAX_NAME).check(z.regex(/^[^\s<>]+$/, 'must be a content id without angle brackets'))),
    inline: z.optional(z.boolean()),
  }),
  z.transform(({ inline, ...rest }): OutgoingAttachment => ({ ...rest, inline: inline ?? rest.cid !== undefined })),
)

/** A message as an application sends it; a JSON Schema of it: `z.toJSONSchema(messageInput, { io: 'input' })`. */
export const messageInput = z.pipe(
  z
    .strictObject({
      subject: z._default(oneLine(MAX_LINE), ''),
      from: z.optional(address),
      to: addresses,
      cc: addresses,
      bcc: addresses,
      replyTo: addresses,
      text: z.optional(plainText),
      html: z.optional(plainText),
      importance: z.optional(z.enum(['low', 'normal', 'high'])),
      categories: z._default(z.array(oneLine(MAX_NAME)).check(z.maxLength(MAX_CATEGORIES)), []),
      headers: z._default(z.array(header).check(z.maxLength(MAX_HEADERS, `must be at most ${MAX_HEADERS}`)), []),
      attachments: z._default(z.array(attachment).check(z.maxLength(MAX_ATTACHMENTS)), []),
    })
    .check(
      z.refine(({ to, cc, bcc }) => to.length + cc.length + bcc.length <= MAX_RECIPIENTS, {
        path: ['to'],
        error: `must be at most ${MAX_RECIPIENTS}, with cc and bcc`,
      }),
    ),
  z.transform(
    ({ text, html, ...rest }): OutgoingMessage => ({
      ...rest,
      body: html === undefined ? { kind: 'text', content: text ?? '' } : { kind: 'html', content: html },
    }),
  ),
)

/** More would only be noise, or a way to make us write a large answer. */
const MAX_ERRORS = 50
const MAX_POINTER = 200

/**
 * Checks a message and brings it into one form.
 *
 * @throws `invalid_request` with a JSON Pointer (RFC 6901) for each wrong place
 */
export function parseMessage(input: unknown): OutgoingMessage {
  const parsed = messageInput.safeParse(input)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.flatMap(toInputErrors).slice(0, MAX_ERRORS)
  throw new AppError('invalid_request', 'The message has fields that are wrong or not known; see "errors".', { errors })
}

function toInputErrors(issue: z.core.$ZodIssue): InputError[] {
  if (issue.code !== 'unrecognized_keys') return [{ pointer: pointer(issue.path), message: issue.message }]
  return issue.keys.map((key) => ({ pointer: pointer([...issue.path, key]), message: 'is not known here' }))
}

function pointer(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`)
  return parts.join('').slice(0, MAX_POINTER)
}
