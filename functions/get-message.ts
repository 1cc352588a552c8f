import * as z from 'zod/mini'

import type { Handler } from '../shared/http/route.ts'
import { getMessage as get } from '../shared/mail/messages.ts'
import type { Services } from '../shared/services.ts'

export const getMessageQuery = z.strictObject({ body: z._default(z.enum(['text', 'html', 'none']), 'html') })

/** GET accounts/{account}/messages/{message} — by its immutable id. */
export const getMessage: Handler<Services, unknown, z.infer<typeof getMessageQuery>> =
  ({ graph, mailboxOf }) =>
  async ({ account, params, query }) => ({ json: await get(graph, mailboxOf(account), params.message as string, query) })
