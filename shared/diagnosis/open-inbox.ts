import { readJson } from '../mail/graph-answer.ts'
import type { Graph } from '../mail/graph-call.ts'
import type { Mailbox } from '../mail/mailbox.ts'

/**
 * Opens the inbox, as the proof that there is a mailbox and that Graph lets us in. Nothing of it is read but its id.
 *
 * @see {@link https://learn.microsoft.com/graph/api/mailfolder-get}
 */
export async function openInbox(graph: Graph, mailbox: Mailbox): Promise<void> {
  const call = { method: 'GET', path: '/mailFolders/inbox', query: { $select: 'id' }, success: 200, permission: 'read' } as const
  await readJson(await graph.call(mailbox, call))
}
