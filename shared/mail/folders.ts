import type { MailFolder } from '@microsoft/microsoft-graph-types'

import { AppError } from '../errors.ts'
import { encodeSegment, type WellKnownFolder, wellKnownFolders } from './folder-path.ts'
import { readJson } from './graph-answer.ts'
import type { Graph } from './graph-call.ts'
import { type Mailbox, requirePermission } from './mailbox.ts'
import { mapLimited } from './map-limited.ts'
import { readPages } from './pages.ts'

export interface Folder {
  id: string
  name: string
  /** As `folder` of any route takes it: names from the top, `/` in a name as `%2F`. */
  path: string
  /** Id of the folder above; `null` at the top. */
  parent: string | null
  wellKnownName?: WellKnownFolder
  unread: number
  total: number
  children: Folder[]
}

const PAGE_SIZE = 250
const SELECT = 'id,displayName,childFolderCount,unreadItemCount,totalItemCount'

/** One less than a mailbox allows at a time, so that a listing leaves room for another call. */
const CONCURRENCY = 3

/**
 * The tree of all folders with their counts.
 *
 * @see {@link https://learn.microsoft.com/graph/api/user-list-mailfolders}
 */
export async function listFolders(graph: Graph, mailbox: Mailbox): Promise<Folder[]> {
  requirePermission(mailbox, 'read')
  const wellKnown = await readWellKnownIds(graph, mailbox)
  const top = await readChildren(graph, mailbox, undefined, wellKnown)
  for (let level = top; level.length > 0; ) {
    const parents = level.filter(({ count }) => count > 0)
    const below = await mapLimited(parents, CONCURRENCY, ({ folder }) => readChildren(graph, mailbox, folder, wellKnown))
    for (const [index, children] of below.entries()) parents[index]?.folder.children.push(...children.map(({ folder }) => folder))
    level = below.flat()
  }
  return top.map(({ folder }) => folder)
}

async function readChildren(graph: Graph, mailbox: Mailbox, parent: Folder | undefined, wellKnown: Map<string, WellKnownFolder>) {
  const path = parent ? `/mailFolders/${parent.id}/childFolders` : '/mailFolders'
  const query = { $select: SELECT, $top: PAGE_SIZE }
  const found: { folder: Folder; count: number }[] = []
  for await (const folders of readPages<MailFolder>(graph, mailbox, { path, query, success: 200, permission: 'read' })) {
    found.push(...folders.map((one) => ({ folder: toFolder(one, parent, wellKnown), count: one.childFolderCount ?? 0 })))
  }
  return found
}

function toFolder(folder: MailFolder, parent: Folder | undefined, wellKnown: Map<string, WellKnownFolder>): Folder {
  const [id, name] = [folder.id ?? '', folder.displayName ?? '']
  return {
    id,
    name,
    path: parent ? `${parent.path}/${encodeSegment(name)}` : encodeSegment(name),
    parent: parent?.id ?? null,
    wellKnownName: wellKnown.get(id),
    unread: folder.unreadItemCount ?? 0,
    total: folder.totalItemCount ?? 0,
    children: [],
  }
}

/** Version 1.0 of Graph does not say which folder is the inbox; asking for it by name does. */
async function readWellKnownIds(graph: Graph, mailbox: Mailbox): Promise<Map<string, WellKnownFolder>> {
  const entries = await mapLimited(wellKnownFolders, CONCURRENCY, async (name) => {
    try {
      const call = { method: 'GET', path: `/mailFolders/${name}`, query: { $select: 'id' }, success: 200 } as const
      const { id } = await readJson<MailFolder>(await graph.call(mailbox, { ...call, permission: 'read' }))
      return id ? [[id, name] as const] : []
    } catch (error) {
      // Not every mailbox has all of them; an archive appears with its first message.
      if (error instanceof AppError && error.code === 'not_found') return []
      throw error
    }
  })
  return new Map(entries.flat())
}
