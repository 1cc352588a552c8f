import { itemNotFound, malformedId } from './errors.ts'
import type { GraphCall } from './service.ts'
import { looksLikeId } from './store/ids.ts'
import type { StoredAttachment, StoredFolder, StoredMessage } from './store/model.ts'

/** The message a route's `{message}` names, by either kind of id. */
export function messageOf(call: GraphCall): StoredMessage {
  const id = call.params.message ?? ''
  if (!looksLikeId(id)) throw malformedId()
  const message = call.mailbox.message(id)
  if (!message || (call.params.folder && message.folderId !== folderOf(call).id)) throw itemNotFound()
  return message
}

/** The folder a route's `{folder}` names, by id or well-known name. */
export const folderOf = (call: GraphCall): StoredFolder => findFolder(call, call.params.folder ?? '')

export function findFolder(call: GraphCall, idOrName: unknown): StoredFolder {
  if (typeof idOrName !== 'string') throw malformedId()
  const folder = call.mailbox.folder(idOrName)
  if (folder) return folder
  throw looksLikeId(idOrName) ? itemNotFound() : malformedId()
}

export function attachmentOf(call: GraphCall): StoredAttachment {
  const id = call.params.attachment ?? ''
  if (!looksLikeId(id)) throw malformedId()
  const attachment = messageOf(call).attachments.find((attachment) => attachment.id === id)
  if (!attachment) throw itemNotFound()
  return attachment
}
