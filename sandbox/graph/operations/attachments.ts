import { newAttachment } from '../compose.ts'
import { GraphError } from '../errors.ts'
import { readJson, reply } from '../http.ts'
import { readAttachmentInput } from '../input.ts'
import { attachmentOf, messageOf } from '../lookup.ts'
import { itemMime } from '../mime/write.ts'
import { checkOptions } from '../query/options.ts'
import { readSelect } from '../query/select.ts'
import type { GraphCall, GraphHandler } from '../service.ts'
import { contentParts, partsStream } from '../store/content.ts'
import { ATTACHMENT_PROPERTIES, attachmentToWire } from '../wire-attachments.ts'
import { contextOf } from '../wire-messages.ts'

/** GET /messages/{message}/attachments */
export const listAttachments: GraphHandler = (call) => {
  const selected = readSelected(call)
  const { attachments } = messageOf(call)
  const value = attachments.map((attachment) => attachmentToWire(call.service.store.blobs, attachment, selected))
  return reply(200, { '@odata.context': contextOf(call, 'messages/attachments'), value })
}

/** GET /messages/{message}/attachments/{attachment} */
export const getAttachment: GraphHandler = (call) => {
  const selected = readSelected(call)
  const attachment = attachmentToWire(call.service.store.blobs, attachmentOf(call), selected)
  return reply(200, { '@odata.context': contextOf(call, 'messages/attachments/$entity'), ...attachment })
}

/** GET /messages/{message}/attachments/{attachment}/$value: the bytes. `Range` is not promised, and so not looked at. */
export const getAttachmentContent: GraphHandler = (call) => {
  const attachment = attachmentOf(call)
  if (attachment.kind === 'reference')
    throw new GraphError(405, 'ErrorInvalidRequest', 'A reference attachment has no content here.')
  if (attachment.item) return new Response(itemMime(attachment.item), { headers: { 'content-type': 'text/plain' } })
  return new Response(partsStream(contentParts(call.service.store.blobs, attachment)), {
    headers: {
      'content-type': attachment.contentType ?? 'application/octet-stream',
      'content-length': String(attachment.size),
    },
  })
}

/** POST /messages/{message}/attachments: a file under 3 MB. */
export const addAttachment: GraphHandler = async (call) => {
  const message = messageOf(call)
  const attachment = newAttachment(call.service.store.blobs, readAttachmentInput(await readJson(call.request)))
  message.attachments.push(attachment)
  call.mailbox.touch(message)
  return reply(201, attachmentToWire(call.service.store.blobs, attachment))
}

/** DELETE /messages/{message}/attachments/{attachment} */
export const deleteAttachment: GraphHandler = (call) => {
  const message = messageOf(call)
  message.attachments.splice(message.attachments.indexOf(attachmentOf(call)), 1)
  call.mailbox.touch(message)
  return reply(204)
}

function readSelected(call: GraphCall): string[] | undefined {
  const query = call.request.url.searchParams
  checkOptions(query, ['$select'])
  return readSelect(query, ATTACHMENT_PROPERTIES, 'microsoft.graph.attachment')
}
