import type { Handler } from '../shared/http/route.ts'
import type { OutgoingMessage } from '../shared/mail/message.ts'
import { sendMessage } from '../shared/mail/send.ts'
import type { Services } from '../shared/services.ts'

/** POST accounts/{account}/send — hands a message to Graph. `sent` means accepted, never delivered. */
export const send: Handler<Services, OutgoingMessage> =
  ({ graph, mailboxOf, newSendId }) =>
  async ({ account, body }) => {
    const id = newSendId()
    const { status } = await sendMessage(graph, mailboxOf(account), body)
    return { json: { id, status } }
  }
