import type { Recipient } from '@microsoft/microsoft-graph-types'
import { z } from 'zod'

import { badRequest, GraphError, invalidProperty } from './errors.ts'
import { checkExtendedProperty } from './query/extended-properties.ts'

const MAXIMUM_HEADERS = 5

const recipient = z.strictObject({
  emailAddress: z.strictObject({ name: z.string().nullish(), address: z.string().nullish() }),
})
const recipients = z.array(recipient)
const lowerCase = z.string().toLowerCase()
const header = z.strictObject({ name: z.string(), value: z.string() })
const extendedProperty = z.strictObject({ id: z.string(), value: z.string() })
const dateTimeTimeZone = z.strictObject({ dateTime: z.string(), timeZone: z.string() })

/** An attachment as a client sends it. */
const attachment = z.strictObject({
  '@odata.type': z.enum([
    '#microsoft.graph.fileAttachment',
    '#microsoft.graph.itemAttachment',
    '#microsoft.graph.referenceAttachment',
  ]),
  name: z.string().min(1),
  contentType: z.string().nullish(),
  contentBytes: z.base64().optional(),
  contentId: z.string().nullish(),
  contentLocation: z.string().nullish(),
  isInline: z.boolean().nullish(),
  size: z.number().nullish(),
  item: z.looseObject({}).optional(),
})

/** The properties of a message that a client may write; any other name is refused as Graph refuses it. */
const message = z
  .strictObject({
    subject: z.string().nullable(),
    body: z.strictObject({ contentType: lowerCase.pipe(z.enum(['text', 'html'])).default('text'), content: z.string() }),
    importance: lowerCase.pipe(z.enum(['low', 'normal', 'high'])),
    from: recipient,
    sender: recipient,
    toRecipients: recipients,
    ccRecipients: recipients,
    bccRecipients: recipients,
    replyTo: recipients,
    isRead: z.boolean(),
    isDeliveryReceiptRequested: z.boolean(),
    isReadReceiptRequested: z.boolean(),
    inferenceClassification: z.enum(['focused', 'other']),
    categories: z.array(z.string()),
    flag: z.strictObject({
      flagStatus: z.enum(['notFlagged', 'complete', 'flagged']),
      startDateTime: dateTimeTimeZone.optional(),
      dueDateTime: dateTimeTimeZone.optional(),
      completedDateTime: dateTimeTimeZone.optional(),
    }),
    internetMessageId: z.string(),
    internetMessageHeaders: z.array(header),
    singleValueExtendedProperties: z.array(extendedProperty),
    attachments: z.array(attachment),
  })
  .partial()

export type MessageInput = z.infer<typeof message>
export type AttachmentInput = z.infer<typeof attachment>

/** Reads a message a client wrote. Throws Graph's 400 for what Graph would not take. */
export function readMessageInput(value: unknown): MessageInput {
  const input = parse(message, withoutAnnotations(value), 'microsoft.graph.message')
  for (const property of input.singleValueExtendedProperties ?? []) checkExtendedProperty(property)
  checkHeaders(input.internetMessageHeaders ?? [])
  return input
}

export const readAttachmentInput = (value: unknown): AttachmentInput => parse(attachment, value, 'microsoft.graph.attachment')

export function readRecipients(value: unknown): Recipient[] {
  return value === undefined ? [] : parse(recipients, value, 'microsoft.graph.recipient')
}

/** A text property of a request body, under its name in Graph's spelling or with a capital first letter as older clients write it. */
export function property(body: Record<string, unknown>, name: string): unknown {
  return body[name] ?? body[name.charAt(0).toUpperCase() + name.slice(1)]
}

/** Throws unless the body holds only these properties. */
export function checkProperties(body: Record<string, unknown>, known: string[]): void {
  const unknown = Object.keys(body).find((name) => !known.includes(name.charAt(0).toLowerCase() + name.slice(1)))
  if (unknown) throw badRequest(`The parameter '${unknown}' in the request payload is not a valid parameter for the operation.`)
}

/** Graph writes only custom headers. @see {@link https://learn.microsoft.com/graph/outlook-create-send-messages} */
function checkHeaders(headers: { name: string; value: string }[]): void {
  if (headers.length > MAXIMUM_HEADERS) throw new GraphError(400, 'InvalidInternetMessageHeaderCollection', 'At most 5 headers.')
  for (const { name, value } of headers) {
    if (!/^x-[!-9;-~]+$/i.test(name) || /[\r\n]/.test(value)) {
      throw new GraphError(
        400,
        'InvalidInternetMessageHeader',
        `The internet message header '${name}' must start with 'x-' or 'X-'.`,
      )
    }
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, type: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  if (issue?.code === 'unrecognized_keys') {
    throw new GraphError(400, 'RequestBodyRead', `The property '${issue.keys[0]}' does not exist on type '${type}'.`)
  }
  throw invalidProperty(`The property '${issue?.path.join('/')}' of '${type}' has a value that cannot be used.`)
}

/** Clients may send a message back with the `@odata` annotations they got; its own say nothing to write. */
function withoutAnnotations(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith('@odata.')))
}
