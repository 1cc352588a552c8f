import type { Handler } from '../shared/http/route.ts'
import { openAttachment } from '../shared/mail/attachments.ts'
import { budgeted } from '../shared/mail/budgeted-stream.ts'
import { contentDisposition } from '../shared/mail/content-disposition.ts'
import type { Services } from '../shared/services.ts'

/** GET accounts/{account}/messages/{message}/attachments/{attachment} — the bytes, streamed within the budget of the instance. */
export const getAttachment: Handler<Services> =
  ({ graph, mailboxOf, streamBudget }) =>
  async ({ account, params }) => {
    const { message, attachment } = params as { message: string; attachment: string }
    const { filename, contentType, size, body } = await openAttachment(graph, mailboxOf(account), message, attachment)
    const headers = {
      'content-type': contentType,
      'content-length': String(size),
      'content-disposition': contentDisposition(filename),
      // The type is the sender's word: no browser may make a page of it.
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    }
    return { stream: await budgeted(streamBudget, size, body), headers }
  }
