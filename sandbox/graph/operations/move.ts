import { copyMessage } from '../compose.ts'
import { readJson, reply } from '../http.ts'
import { checkProperties, property } from '../input.ts'
import { findFolder, messageOf } from '../lookup.ts'
import type { GraphCall, GraphHandler } from '../service.ts'
import type { StoredFolder } from '../store/model.ts'
import { messageEntity } from '../wire-messages.ts'

/** POST /messages/{message}/move: the same item elsewhere, under another id unless ids are immutable. */
export const moveMessage: GraphHandler = async (call) => {
  const destination = await readDestination(call)
  const message = messageOf(call)
  call.mailbox.moveMessage(message, destination.id)
  return reply(201, messageEntity(call, message))
}

/** POST /messages/{message}/copy */
export const copyMessageTo: GraphHandler = async (call) => {
  const destination = await readDestination(call)
  const copy = copyMessage(messageOf(call), { folderId: destination.id })
  call.mailbox.addMessage(copy)
  return reply(201, messageEntity(call, copy))
}

/** The folder named by `destinationId`, an id or a well-known name. */
export async function readDestination(call: GraphCall): Promise<StoredFolder> {
  const body = await readJson(call.request)
  checkProperties(body, ['destinationId'])
  return findFolder(call, property(body, 'destinationId'))
}
