import * as z from 'zod/mini'

import type { Handler } from '../shared/http/route.ts'
import { moveMessage as move } from '../shared/mail/move.ts'
import type { Services } from '../shared/services.ts'

export const moveMessageBody = z.strictObject({ folder: z.string().check(z.minLength(1), z.maxLength(1024)) })

/** POST accounts/{account}/messages/{message}/move — by well-known name, id or path; the id of the message stays. */
export const moveMessage: Handler<Services, z.infer<typeof moveMessageBody>> =
  ({ graph, mailboxOf }) =>
  async ({ account, params, body }) => ({ json: await move(graph, mailboxOf(account), params.message as string, body.folder) })
