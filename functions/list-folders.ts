import type { Handler } from '../shared/http/route.ts'
import { listFolders as list } from '../shared/mail/folders.ts'
import type { Services } from '../shared/services.ts'

/** GET accounts/{account}/folders — the tree, with counts. */
export const listFolders: Handler<Services> =
  ({ graph, mailboxOf }) =>
  async ({ account }) => ({ json: { items: await list(graph, mailboxOf(account)) } })
