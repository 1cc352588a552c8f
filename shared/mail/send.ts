import { AppError } from '../errors.ts'
import type { Graph } from './graph-call.ts'
import { UnknownOutcome } from './graph-errors.ts'
import { toGraphMessage } from './graph-message.ts'
import { type Mailbox, permissionMissing, requirePermission } from './mailbox.ts'
import type { OutgoingMessage } from './message.ts'

/** Graph takes 4 MB in one request; this leaves room for what is counted differently there. */
const MAX_REQUEST_BYTES = 3_500_000

/**
 * Sends a message in one request and keeps a copy in Sent Items. `sent` means that Graph accepted it, not that it was delivered.
 *
 * @throws `outcome_unknown` when the answer was lost: the message may have left, and is not sent again here
 * @see {@link https://learn.microsoft.com/graph/api/user-sendmail sendMail}
 */
export async function sendMessage(graph: Graph, mailbox: Mailbox, message: OutgoingMessage): Promise<{ status: 'sent' }> {
  requirePermission(mailbox, 'send')
  if (message.to.length + message.cc.length + message.bcc.length === 0) throw nobodyToSendTo()
  const body = JSON.stringify({ message: toGraphMessage(message), saveToSentItems: true })
  const bytes = Buffer.byteLength(body)
  if (bytes > MAX_REQUEST_BYTES) {
    throw new AppError('payload_too_large', `The message is larger than one request to Microsoft Graph (${bytes} bytes).`, {
      extra: { limit: MAX_REQUEST_BYTES },
    })
  }
  try {
    // Only 202 is success: a 200 was seen for messages that were never sent.
    await graph.call(mailbox, { method: 'POST', path: '/sendMail', body, success: 202, permission: 'send' })
    return { status: 'sent' }
  } catch (error) {
    throw error instanceof UnknownOutcome ? outcomeUnknown(error) : withConsentFirst(error, mailbox)
  }
}

/** Without the consent for shared mailboxes no right in Exchange lets a message leave in another name: that comes first. */
function withConsentFirst(error: unknown, { permissions }: Mailbox): unknown {
  if (!(error instanceof AppError) || error.details.reason !== 'send_as_denied' || permissions.has('shared')) return error
  return permissionMissing('shared', { cause: error, upstream: error.details.upstream })
}

function nobodyToSendTo(): AppError {
  return new AppError('invalid_request', 'The message has no recipient.', {
    errors: [{ pointer: '/to', message: 'must name at least one recipient, here or in cc or bcc' }],
  })
}

function outcomeUnknown(cause: UnknownOutcome): AppError {
  return new AppError('outcome_unknown', 'The answer of Microsoft Graph was lost; the message may or may not have been sent.', {
    cause,
    upstream: cause.details.upstream,
    nextStep: { text: 'Look into Sent Items before sending it again.' },
  })
}
