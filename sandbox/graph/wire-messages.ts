import type { Message } from '@microsoft/microsoft-graph-types'

import { badRequest } from './errors.ts'
import { serviceRoot } from './http.ts'
import { expandedPropertyIds } from './query/extended-properties.ts'
import { showsAttachments } from './query/fields.ts'
import { readExpand, readSelect } from './query/select.ts'
import type { GraphCall } from './service.ts'
import type { StoredMessage } from './store/model.ts'
import { convertBody, preview } from './text.ts'
import { attachmentToWire } from './wire-attachments.ts'

type WireMessage = Message & Record<`@odata.${string}`, string>

/** What `$select` may name; the last four are left out without it. */
const PROPERTIES = [
  ...[
    'id',
    'createdDateTime',
    'lastModifiedDateTime',
    'changeKey',
    'categories',
    'receivedDateTime',
    'sentDateTime',
    'hasAttachments',
  ],
  ...[
    'internetMessageId',
    'subject',
    'bodyPreview',
    'importance',
    'parentFolderId',
    'conversationId',
    'isDeliveryReceiptRequested',
  ],
  ...[
    'isReadReceiptRequested',
    'isRead',
    'isDraft',
    'webLink',
    'inferenceClassification',
    'body',
    'sender',
    'from',
    'toRecipients',
  ],
  ...['ccRecipients', 'bccRecipients', 'replyTo', 'flag', 'conversationIndex', 'internetMessageHeaders', 'uniqueBody'],
]
const ONLY_WHEN_SELECTED = ['conversationIndex', 'internetMessageHeaders', 'uniqueBody']

/** Turns stored messages into what the call asked for by `$select`, `$expand` and `Prefer`; checks these first. */
export function messageShaper(call: GraphCall): (message: StoredMessage) => WireMessage {
  const query = call.request.url.searchParams
  const selected = readSelect(query, PROPERTIES, 'microsoft.graph.message')
  const names = selected ? ['id', ...selected] : PROPERTIES.filter((name) => !ONLY_WHEN_SELECTED.includes(name))
  const expansions = readExpand(query).map((expansion) => readExpansion(expansion))
  return (message) => {
    const whole = toWire(call, message)
    const wire: Record<string, unknown> = { '@odata.etag': etag(message) }
    for (const name of names) wire[name] = whole[name as keyof Message]
    for (const expand of expansions) Object.assign(wire, expand(call, message))
    return wire as WireMessage
  }
}

/** The version of a message, for `If-Match`. */
export const etag = (message: StoredMessage) => `W/"${changeKey(message)}"`

/** The id a message goes by in this call's answers. */
export const idFor = (call: GraphCall, message: StoredMessage) =>
  call.preferences.immutableIds ? message.immutableId : message.id

export const contextOf = (call: GraphCall, rest: string) =>
  `${serviceRoot(call.request)}/$metadata#users('${call.mailbox.owner.oid}')/${rest}`

/** One message as the answer to a POST or PATCH. */
export function messageEntity(call: GraphCall, message: StoredMessage): Record<string, unknown> {
  return { '@odata.context': contextOf(call, 'messages/$entity'), ...messageShaper(call)(message) }
}

function readExpansion(expansion: string): (call: GraphCall, message: StoredMessage) => Partial<Message> {
  if (expansion === 'attachments') {
    return (call, message) => ({ attachments: message.attachments.map((one) => attachmentToWire(call.service.store.blobs, one)) })
  }
  const ids = expandedPropertyIds(expansion)
  if (!ids) throw badRequest(`Parsing OData Select and Expand failed: '${expansion}' cannot be expanded.`)
  return (_call, message) => {
    const properties = message.extendedProperties.filter(({ id }) => ids.has(id.toLowerCase()))
    return properties.length > 0 ? { singleValueExtendedProperties: properties } : {}
  }
}

function changeKey(message: StoredMessage): string {
  return Buffer.from(`CQAAABYAAAA${message.immutableId.slice(6, 22)}${message.changeKey}`).toString('base64url')
}

/** Without a preference Graph answers the body as HTML. @see {@link https://learn.microsoft.com/graph/api/message-get} */
function toWire(call: GraphCall, message: StoredMessage): Message {
  const id = idFor(call, message)
  const { folderId, hidden, immutableId, extendedProperties, attachments, ...stored } = message
  const body = convertBody(message.body, call.preferences.bodyType ?? 'html')
  return {
    ...stored,
    id,
    changeKey: changeKey(message),
    hasAttachments: showsAttachments(message),
    bodyPreview: preview(message.body),
    parentFolderId: folderId,
    conversationIndex: message.conversationId.slice(6, 36),
    webLink: `https://outlook.office365.com/owa/?ItemID=${encodeURIComponent(id)}&exvsurl=1&viewmodel=ReadMessageItem`,
    inferenceClassification: 'focused',
    body,
    uniqueBody: body,
  }
}
