import type { MailFolder } from '@microsoft/microsoft-graph-types'

import { AppError } from '../errors.ts'
import { asWellKnown, isSameName, parseFolderReference } from './folder-path.ts'
import type { Graph } from './graph-call.ts'
import type { Mailbox } from './mailbox.ts'
import { readPages } from './pages.ts'

const PAGE_SIZE = 250

/**
 * What Graph takes as the id of the folder meant: a well-known name or an id as they are, or the id found by walking the path.
 * Costs no request unless it is a path.
 *
 * @throws `not_found`, with the number of the segment that no folder has (from 1) in `segment`
 */
export async function resolveFolder(graph: Graph, mailbox: Mailbox, reference: string): Promise<string> {
  const folder = parseFolderReference(reference)
  if (!folder) throw new AppError('not_found', 'A folder path has names between its slashes.')
  if (folder.kind === 'wellKnown') return folder.name
  if (folder.kind === 'id') return folder.id

  const { segments } = folder
  let [at, parent] = startOf(segments)
  for (; at < segments.length; at += 1) {
    const child = await findChild(graph, mailbox, parent, segments[at] as string)
    if (child === undefined) throw noSuchFolder(at + 1)
    parent = child
  }
  return parent as string
}

/** `Inbox/…` is the inbox whatever the mailbox's language calls it. */
function startOf(segments: string[]): [at: number, parent: string | undefined] {
  const name = asWellKnown(segments[0] as string)
  return name ? [1, name] : [0, undefined]
}

async function findChild(graph: Graph, mailbox: Mailbox, parent: string | undefined, name: string): Promise<string | undefined> {
  const path = parent === undefined ? '/mailFolders' : `/mailFolders/${parent}/childFolders`
  const query = { $select: 'id,displayName', $top: PAGE_SIZE }
  for await (const folders of readPages<MailFolder>(graph, mailbox, { path, query, success: 200, permission: 'read' })) {
    const found = folders.find(({ displayName }) => isSameName(displayName ?? '', name))
    if (found?.id) return found.id
  }
  return undefined
}

function noSuchFolder(segment: number): AppError {
  return new AppError('not_found', `There is no folder by the name in segment ${segment} of the path.`, { extra: { segment } })
}
