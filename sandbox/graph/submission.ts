import { FaultAnswer } from '../stand-in.ts'
import { holds, mayOpen } from './access.ts'
import { addressOf, recipientOf } from './compose.ts'
import { deliver, recipientAddresses } from './delivery.ts'
import { GraphError, tooLarge } from './errors.ts'
import { reply } from './http.ts'
import type { GraphCall } from './service.ts'
import { type StoredMessage, toSeconds } from './store/model.ts'
import { isAppOnly } from './token.ts'

/** A message's recipients; Exchange Online's default. @see {@link https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits} */
const RECIPIENT_LIMIT = 500
const LATE_SENT_COPY_MS = 30_000

/** Refuses what Exchange would not submit, and writes who the message is from. */
export function prepare(call: GraphCall, message: StoredMessage): void {
  const addresses = recipientAddresses(message)
  call.request.facts.recipients = addresses.length
  if (addresses.length === 0) throw invalidRecipients("A message can't be sent because it contains no recipients.")
  if (!addresses.every((address) => /^[^@\s<>]+@[^@\s<>]+$/.test(address)))
    throw invalidRecipients('At least one address is not valid.')
  if (addresses.length > RECIPIENT_LIMIT) {
    // Exchange's own code for this through Graph is not documented.
    throw new GraphError(400, 'ErrorRecipientLimitExceeded', `A message cannot have more than ${RECIPIENT_LIMIT} recipients.`)
  }
  const encoded = message.attachments.reduce((sum, { size }) => sum + Math.ceil(size / 3) * 4, 0)
  if (encoded > call.service.settings.messageSizeLimit) throw messageTooLarge()
  message.from = message.sender = recipientOf(sendingAs(call, message))
}

export const messageTooLarge = () => tooLarge('ErrorMessageSizeExceeded', 'The message exceeds the maximum supported size.')

/**
 * Sends a prepared message, unless an ordered effect says otherwise, and answers as Graph does. `keep` puts it where its
 * sender will see it, `delayMs` from now in Sent Items.
 */
export function submit(call: GraphCall, message: StoredMessage, keep: (delayMs: number) => void): Response {
  const { service, request, mailbox } = call
  const take = (effect: string) => service.faults.take('graph', request.method, request.url.pathname, request.facts, { effect })
  if (take('ok200NotSent')) return reply(200)

  const delayMs = take('sentCopyLate') ? LATE_SENT_COPY_MS : service.settings.sentCopyDelayMs
  message.sentDateTime = message.receivedDateTime = toSeconds(Date.now())
  deliver(service, message, recipientAddresses(message), mailbox)
  keep(delayMs)

  const drop = take('acceptThenDrop')
  if (drop) throw new FaultAnswer({ ...drop, drop: 'before' })
  if (take('acceptThen504')) throw new GraphError(504, 'GatewayTimeout', 'The service did not answer in time.')
  return reply(202)
}

/** Whose name the message leaves under: the mailbox's own, or another one that the person may send as. */
function sendingAs(call: GraphCall, message: StoredMessage) {
  const { service, token, mailbox } = call
  const [from, sender] = [message.from, message.sender].map((one) => addressOf(one) || addressOf(message.from))
  const other = from ? service.store.mailbox(from) : mailbox
  if (sender && service.store.mailbox(sender) !== other && service.store.mailbox(sender) !== mailbox) throw sendAsDenied()
  if (other === mailbox) return mailbox.owner
  const sameTenant = other?.owner.tenantId === token.tid
  if (!other || !sameTenant || isAppOnly(token) || !mayOpen(other, token.oid) || !holds(token.scp, ['Mail.Send.Shared'])) {
    throw sendAsDenied()
  }
  return other.owner
}

const sendAsDenied = () =>
  new GraphError(403, 'ErrorSendAsDenied', 'The user account does not have the right to send mail as the specified account.')

const invalidRecipients = (message: string) =>
  new GraphError(400, 'ErrorInvalidRecipients', `At least one recipient is not valid. ${message}`)
