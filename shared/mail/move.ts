import type { Message } from '@microsoft/microsoft-graph-types'

import { resolveFolder } from './folder-reference.ts'
import { readJson } from './graph-answer.ts'
import type { Graph } from './graph-call.ts'
import { itemId } from './item-id.ts'
import { type Mailbox, requirePermission } from './mailbox.ts'

/**
 * Moves a message; answers its id, which an immutable id keeps.
 *
 * @see {@link https://learn.microsoft.com/graph/api/message-move}
 */
export async function moveMessage(graph: Graph, mailbox: Mailbox, id: string, folder: string): Promise<{ id: string }> {
  requirePermission(mailbox, 'organize')
  const path = `/messages/${itemId(id)}/move`
  const body = JSON.stringify({ destinationId: await resolveFolder(graph, mailbox, folder) })
  const response = await graph.call(mailbox, { method: 'POST', path, body, success: 201, permission: 'organize' })
  const moved = await readJson<Message>(response)
  return { id: moved.id ?? id }
}
