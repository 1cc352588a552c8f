import { Readable } from 'node:stream'

import { GraphError } from '../errors.ts'
import { reply } from '../http.ts'
import { folderOf, messageOf } from '../lookup.ts'
import { writeMime } from '../mime/write.ts'
import { messageCollections, messageFields } from '../query/fields.ts'
import { checkOptions, LIST_OPTIONS, readListOptions } from '../query/options.ts'
import { select, toPage } from '../query/page.ts'
import type { GraphCall, GraphHandler } from '../service.ts'
import type { StoredMessage } from '../store/model.ts'
import { contextOf, etag, messageEntity, messageShaper } from '../wire-messages.ts'

/** GET /messages, /mailFolders/{folder}/messages */
export const listMessages: GraphHandler = (call) => {
  const query = call.request.url.searchParams
  checkOptions(query, LIST_OPTIONS)
  const options = readListOptions(query, messageFields, messageCollections)
  const page = toPage(call.request, stored(call), options, messageShaper(call))
  return reply(200, { '@odata.context': contextOf(call, 'messages'), ...page })
}

/** GET /messages/$count, /mailFolders/{folder}/messages/$count */
export const countMessages: GraphHandler = (call) => {
  const query = call.request.url.searchParams
  checkOptions(query, ['$filter'])
  const count = select(stored(call), readListOptions(query, messageFields, messageCollections)).length
  return new Response(String(count), { headers: { 'content-type': 'text/plain' } })
}

/** GET /messages/{message} */
export const getMessage: GraphHandler = (call) => {
  checkOptions(call.request.url.searchParams, ['$select', '$expand'])
  const message = messageOf(call)
  return reply(200, messageEntity(call, message), { etag: etag(message) })
}

/** GET /messages/{message}/$value: the message as MIME, streamed. */
export const getMessageMime: GraphHandler = (call) => {
  const stream = writeMime(call.service.store.blobs, messageOf(call))
  const body = Readable.toWeb(stream, { strategy: { highWaterMark: 1 } }) as ReadableStream
  return new Response(body, { headers: { 'content-type': 'text/plain' } })
}

/** DELETE /messages/{message}: to Recoverable Items, where no client of the mail API looks; and permanentDelete. */
export const deleteMessage: GraphHandler = (call) => {
  const message = messageOf(call)
  checkIfMatch(call, message)
  call.mailbox.removeMessage(message)
  return reply(204)
}

/** Throws 412 when the client changed a version that is no longer there. */
export function checkIfMatch(call: GraphCall, message: StoredMessage): void {
  const wanted = call.request.headers.get('if-match')
  if (wanted && wanted !== '*' && wanted !== etag(message)) {
    throw new GraphError(412, 'ErrorIrresolvableConflict', 'The item was changed since it was read.')
  }
}

function stored(call: GraphCall): StoredMessage[] {
  return call.mailbox.messages(call.params.folder === undefined ? undefined : folderOf(call).id)
}
