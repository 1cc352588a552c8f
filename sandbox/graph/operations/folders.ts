import type { MailFolder } from '@microsoft/microsoft-graph-types'

import { accessDenied, GraphError, invalidProperty } from '../errors.ts'
import { readJson, reply } from '../http.ts'
import { checkProperties } from '../input.ts'
import { folderOf } from '../lookup.ts'
import { folderFields } from '../query/fields.ts'
import { checkOptions, readListOptions } from '../query/options.ts'
import { toPage } from '../query/page.ts'
import { readSelect } from '../query/select.ts'
import type { GraphCall, GraphHandler } from '../service.ts'
import { newFolderId } from '../store/ids.ts'
import { ROOT, type StoredFolder } from '../store/model.ts'
import { contextOf } from '../wire-messages.ts'
import { readDestination } from './move.ts'

const PROPERTIES = [
  ...['id', 'displayName', 'parentFolderId', 'childFolderCount', 'unreadItemCount', 'totalItemCount', 'sizeInBytes', 'isHidden'],
]
const LIST_OPTIONS = ['$select', '$top', '$skip', '$count', '$filter', '$orderby']

/** GET /mailFolders (those at the top), /mailFolders/{folder}/childFolders */
export const listFolders: GraphHandler = (call) => {
  const query = call.request.url.searchParams
  checkOptions(query, LIST_OPTIONS)
  const options = readListOptions(query, folderFields)
  const folders = call.mailbox.children(parentOf(call).id)
  const page = toPage(call.request, folders, options, folderShaper(call))
  return reply(200, { '@odata.context': contextOf(call, 'mailFolders'), ...page })
}

/** GET /mailFolders/{folder} */
export const getFolder: GraphHandler = (call) => {
  checkOptions(call.request.url.searchParams, ['$select'])
  return reply(200, folderEntity(call, folderOf(call)))
}

/** POST /mailFolders, /mailFolders/{folder}/childFolders */
export const createFolder: GraphHandler = async (call) => {
  const displayName = await readName(call, ['displayName', 'isHidden'])
  const parent = parentOf(call)
  checkFree(call, parent.id, displayName)
  const folder: StoredFolder = { id: newFolderId(), parentId: parent.id, displayName }
  call.mailbox.addFolder(folder)
  return reply(201, folderEntity(call, folder))
}

/** PATCH /mailFolders/{folder} */
export const updateFolder: GraphHandler = async (call) => {
  const folder = ordinary(folderOf(call))
  const displayName = await readName(call, ['displayName'])
  if (displayName.toLowerCase() !== folder.displayName.toLowerCase()) checkFree(call, folder.parentId, displayName)
  folder.displayName = displayName
  call.mailbox.changed()
  return reply(200, folderEntity(call, folder))
}

/** DELETE /mailFolders/{folder}: with what is in it. */
export const deleteFolder: GraphHandler = (call) => {
  const folder = folderOf(call)
  if (folder.wellKnownName)
    throw new GraphError(400, 'ErrorDeleteDistinguishedFolder', 'Distinguished folders cannot be deleted.')
  call.mailbox.removeFolder(folder)
  return reply(204)
}

/** POST /mailFolders/{folder}/move */
export const moveFolder: GraphHandler = async (call) => {
  const destination = await readDestination(call)
  const folder = ordinary(folderOf(call))
  for (let up: StoredFolder | undefined = destination; up; up = call.mailbox.folder(up.parentId)) {
    if (up === folder) throw new GraphError(400, 'ErrorMoveCopyFailed', 'A folder cannot be moved into itself.')
  }
  checkFree(call, destination.id, folder.displayName)
  folder.parentId = destination.id
  call.mailbox.changed()
  return reply(201, folderEntity(call, folder))
}

const parentOf = (call: GraphCall) => (call.params.folder === undefined ? call.mailbox.wellKnown(ROOT) : folderOf(call))

function ordinary(folder: StoredFolder): StoredFolder {
  if (folder.wellKnownName) throw accessDenied()
  return folder
}

async function readName(call: GraphCall, known: string[]): Promise<string> {
  const body = await readJson(call.request)
  checkProperties(body, known)
  const name = body.displayName
  if (typeof name !== 'string' || name.trim() === '' || name.length > 255)
    throw invalidProperty('displayName is missing or too long.')
  return name
}

function checkFree(call: GraphCall, parentId: string, displayName: string): void {
  const taken = call.mailbox.children(parentId).some((child) => child.displayName.toLowerCase() === displayName.toLowerCase())
  if (taken) throw new GraphError(409, 'ErrorFolderExists', 'A folder with the specified name already exists.')
}

const folderEntity = (call: GraphCall, folder: StoredFolder) => ({
  '@odata.context': contextOf(call, 'mailFolders/$entity'),
  ...folderShaper(call)(folder),
})

/** Folder ids are the same with and without immutable ids. */
function folderShaper(call: GraphCall): (folder: StoredFolder) => MailFolder {
  const selected = readSelect(call.request.url.searchParams, PROPERTIES, 'microsoft.graph.mailFolder')
  return (folder) => {
    const { total, unread, children } = call.mailbox.counts(folder)
    const whole: Record<string, unknown> = {
      id: folder.id,
      displayName: folder.displayName,
      parentFolderId: folder.parentId,
      childFolderCount: children,
      unreadItemCount: unread,
      totalItemCount: total,
      sizeInBytes: 0,
      isHidden: false,
    }
    return selected ? Object.fromEntries(['id', ...selected].map((name) => [name, whole[name]])) : whole
  }
}
