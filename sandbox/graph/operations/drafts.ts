import { applyInput, newMessage, recipientOf } from '../compose.ts'
import { accessDenied } from '../errors.ts'
import { isMime, readJson, readMime, reply } from '../http.ts'
import { type MessageInput, readMessageInput } from '../input.ts'
import { folderOf, messageOf } from '../lookup.ts'
import { messageFromMime } from '../mime/message.ts'
import type { GraphHandler } from '../service.ts'
import { prepare, submit } from '../submission.ts'
import { etag, messageEntity } from '../wire-messages.ts'
import { checkIfMatch } from './messages.ts'

/** What may change after a message was sent or received; content may not. */
const ALWAYS_WRITABLE: (keyof MessageInput)[] = [
  'isRead',
  'categories',
  'flag',
  'importance',
  'inferenceClassification',
  'singleValueExtendedProperties',
]

/** POST /messages, /mailFolders/{folder}/messages: a draft, from JSON or MIME. */
export const createMessage: GraphHandler = async (call) => {
  const { mailbox, request, service } = call
  const folder = call.params.folder === undefined ? mailbox.wellKnown('drafts') : folderOf(call)
  const draft = newMessage(mailbox.owner, folder.id)
  if (isMime(request)) Object.assign(draft, messageFromMime(service.store.blobs, await readMime(request)))
  else applyInput(service.store.blobs, draft, readMessageInput(await readJson(request)))
  draft.from ??= recipientOf(mailbox.owner)
  draft.sender ??= draft.from
  mailbox.addMessage(draft)
  return reply(201, messageEntity(call, draft), { etag: etag(draft) })
}

/** PATCH /messages/{message} */
export const updateMessage: GraphHandler = async (call) => {
  const message = messageOf(call)
  checkIfMatch(call, message)
  const { attachments, ...input } = readMessageInput(await readJson(call.request))
  const names = Object.keys(input) as (keyof MessageInput)[]
  if (attachments || (!message.isDraft && !names.every((name) => ALWAYS_WRITABLE.includes(name)))) throw accessDenied()
  applyInput(call.service.store.blobs, message, input)
  call.mailbox.touch(message)
  return reply(200, messageEntity(call, message), { etag: etag(message) })
}

/** POST /messages/{message}/send: accepted at once; the draft leaves and turns up in Sent Items in its own time. */
export const sendDraft: GraphHandler = (call) => {
  const message = messageOf(call)
  if (!message.isDraft) throw accessDenied()
  prepare(call, message)
  return submit(call, message, (delayMs) => {
    const now = Date.now()
    call.mailbox.touch(message)
    call.mailbox.sendLater(message, now + delayMs / 2, now + delayMs)
  })
}
