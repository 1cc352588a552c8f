import type { Handler } from '../shared/http/route.ts'
import { listAttachments as list } from '../shared/mail/attachments.ts'
import type { Services } from '../shared/services.ts'

/** GET accounts/{account}/messages/{message}/attachments */
export const listAttachments: Handler<Services> =
  ({ graph, mailboxOf }) =>
  async ({ account, params }) => ({ json: { items: await list(graph, mailboxOf(account), params.message as string) } })
