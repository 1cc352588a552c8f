import type { Access } from './access.ts'
import {
  addAttachment,
  deleteAttachment,
  getAttachment,
  getAttachmentContent,
  listAttachments,
} from './operations/attachments.ts'
import { createUploadSession } from './operations/create-upload-session.ts'
import { createMessage, sendDraft, updateMessage } from './operations/drafts.ts'
import { createFolder, deleteFolder, getFolder, listFolders, moveFolder, updateFolder } from './operations/folders.ts'
import { countMessages, deleteMessage, getMessage, getMessageMime, listMessages } from './operations/messages.ts'
import { copyMessageTo, moveMessage } from './operations/move.ts'
import { createAnswer, sendAnswer } from './operations/replies.ts'
import { sendMail } from './operations/send-mail.ts'
import { getUser } from './operations/users.ts'
import type { GraphHandler } from './service.ts'

/** One operation: what follows `/me` or `/users/{user}`, what it needs, and its name in the journal. */
export interface Route {
  method: string
  segments: string[]
  access: Access
  operation: string
  handle: GraphHandler
}

const route = (method: string, path: string, access: Access, operation: string, handle: GraphHandler): Route => ({
  method,
  segments: path.split('/').filter(Boolean),
  access,
  operation,
  handle,
})

const FOLDER = '/mailFolders/{folder}'
const MESSAGE = '/messages/{message}'
const ATTACHMENT = `${MESSAGE}/attachments/{attachment}`

/** Everything the service answers; the rest is 404. A literal part comes before a placeholder in the same place. */
export const routes: Route[] = [
  route('GET', '', 'user', 'getUser', getUser),
  route('POST', '/sendMail', 'send', 'sendMail', sendMail),

  route('GET', '/messages', 'read', 'listMessages', listMessages),
  route('GET', '/messages/$count', 'read', 'countMessages', countMessages),
  route('GET', `${FOLDER}/messages`, 'read', 'listMessages', listMessages),
  route('GET', `${FOLDER}/messages/$count`, 'read', 'countMessages', countMessages),
  route('GET', `${FOLDER}${MESSAGE}`, 'read', 'getMessage', getMessage),
  route('GET', MESSAGE, 'read', 'getMessage', getMessage),
  route('GET', `${MESSAGE}/$value`, 'read', 'getMessageMime', getMessageMime),

  route('POST', '/messages', 'change', 'createMessage', createMessage),
  route('POST', `${FOLDER}/messages`, 'change', 'createMessage', createMessage),
  route('PATCH', MESSAGE, 'change', 'updateMessage', updateMessage),
  route('DELETE', MESSAGE, 'change', 'deleteMessage', deleteMessage),
  route('POST', `${MESSAGE}/permanentDelete`, 'change', 'permanentDelete', deleteMessage),
  route('POST', `${MESSAGE}/move`, 'change', 'moveMessage', moveMessage),
  route('POST', `${MESSAGE}/copy`, 'change', 'copyMessage', copyMessageTo),

  route('POST', `${MESSAGE}/send`, 'send', 'sendDraft', sendDraft),
  route('POST', `${MESSAGE}/reply`, 'send', 'reply', sendAnswer('reply')),
  route('POST', `${MESSAGE}/replyAll`, 'send', 'replyAll', sendAnswer('replyAll')),
  route('POST', `${MESSAGE}/forward`, 'send', 'forward', sendAnswer('forward')),
  route('POST', `${MESSAGE}/createReply`, 'change', 'createReply', createAnswer('reply')),
  route('POST', `${MESSAGE}/createReplyAll`, 'change', 'createReplyAll', createAnswer('replyAll')),
  route('POST', `${MESSAGE}/createForward`, 'change', 'createForward', createAnswer('forward')),

  route('GET', `${MESSAGE}/attachments`, 'read', 'listAttachments', listAttachments),
  route('POST', `${MESSAGE}/attachments`, 'change', 'addAttachment', addAttachment),
  route('POST', `${MESSAGE}/attachments/createUploadSession`, 'change', 'createUploadSession', createUploadSession),
  route('GET', ATTACHMENT, 'read', 'getAttachment', getAttachment),
  route('GET', `${ATTACHMENT}/$value`, 'read', 'getAttachmentContent', getAttachmentContent),
  route('DELETE', ATTACHMENT, 'change', 'deleteAttachment', deleteAttachment),

  route('GET', '/mailFolders', 'read', 'listFolders', listFolders),
  route('POST', '/mailFolders', 'change', 'createFolder', createFolder),
  route('GET', FOLDER, 'read', 'getFolder', getFolder),
  route('PATCH', FOLDER, 'change', 'updateFolder', updateFolder),
  route('DELETE', FOLDER, 'change', 'deleteFolder', deleteFolder),
  route('POST', `${FOLDER}/move`, 'change', 'moveFolder', moveFolder),
  route('GET', `${FOLDER}/childFolders`, 'read', 'listFolders', listFolders),
  route('POST', `${FOLDER}/childFolders`, 'change', 'createFolder', createFolder),
]
