import type { Recipient } from '@microsoft/microsoft-graph-types'

import { addressOf, applyInput, copyMessage, newMessage, recipientOf } from '../compose.ts'
import { badRequest, GraphError } from '../errors.ts'
import { readJson, reply } from '../http.ts'
import { checkProperties, property, readMessageInput, readRecipients } from '../input.ts'
import { messageOf } from '../lookup.ts'
import type { GraphCall, GraphHandler } from '../service.ts'
import type { StoredMessage } from '../store/model.ts'
import { prepare, submit } from '../submission.ts'
import { convertBody, escapeHtml } from '../text.ts'
import { messageEntity } from '../wire-messages.ts'

type Kind = 'reply' | 'replyAll' | 'forward'

/** POST /messages/{message}/createReply, createReplyAll, createForward: the answer as a draft. */
export function createAnswer(kind: Kind): GraphHandler {
  return async (call) => {
    const draft = await compose(call, kind)
    draft.folderId = call.mailbox.wellKnown('drafts').id
    call.mailbox.addMessage(draft)
    return reply(201, messageEntity(call, draft))
  }
}

/** POST /messages/{message}/reply, replyAll, forward: the answer, sent. */
export function sendAnswer(kind: Kind): GraphHandler {
  return async (call) => {
    const message = await compose(call, kind)
    prepare(call, message)
    return submit(call, message, (delayMs) => {
      const now = Date.now()
      message.hidden = true
      call.mailbox.addMessage(message)
      call.mailbox.sendLater(message, now, now + delayMs)
    })
  }
}

async function compose(call: GraphCall, kind: Kind): Promise<StoredMessage> {
  const original = messageOf(call)
  // Graph takes an empty request for "nothing to add".
  const body = (await call.request.bytes()).length > 0 ? await readJson(call.request) : {}
  checkProperties(body, kind === 'forward' ? ['comment', 'message', 'toRecipients'] : ['comment', 'message'])
  const comment = property(body, 'comment') ?? ''
  if (typeof comment !== 'string') throw badRequest('The parameter comment is not a string.')
  const input = readMessageInput(property(body, 'message') ?? {})
  if (comment && input.body) throw new GraphError(400, 'ErrorInvalidRequest', 'Comment and message body cannot both be given.')

  const answer = draftOf(call, original, kind, comment)
  if (kind === 'forward') answer.toRecipients = readRecipients(property(body, 'toRecipients'))
  applyInput(call.service.store.blobs, answer, input)
  return answer
}

function draftOf(call: GraphCall, original: StoredMessage, kind: Kind, comment: string): StoredMessage {
  const { owner } = call.mailbox
  const draft = newMessage(owner, call.mailbox.wellKnown('outbox').id, {
    subject: prefixed(kind === 'forward' ? 'FW: ' : 'RE: ', original.subject),
    conversationId: original.conversationId,
    from: recipientOf(owner),
    sender: recipientOf(owner),
    body: { contentType: 'html', content: quote(original, comment) },
    internetMessageHeaders: threading(original),
    attachments: kind === 'forward' ? copyMessage(original, {}).attachments : [],
  })
  if (kind === 'forward') return draft
  const isOwn = (recipient: Recipient) => [owner.mail, owner.userPrincipalName].includes(addressOf(recipient).toLowerCase())
  draft.toRecipients = original.replyTo.length > 0 ? original.replyTo : original.from ? [original.from] : []
  if (kind === 'replyAll') {
    draft.toRecipients = distinct([...draft.toRecipients, ...original.toRecipients.filter((one) => !isOwn(one))])
    draft.ccRecipients = original.ccRecipients.filter((one) => !isOwn(one))
  }
  return draft
}

/** How mail programs find the thread (RFC 5322 §3.6.4). */
function threading(original: StoredMessage): { name: string; value: string }[] {
  const earlier = original.internetMessageHeaders.find(({ name }) => name?.toLowerCase() === 'references')?.value
  return [
    { name: 'In-Reply-To', value: original.internetMessageId },
    { name: 'References', value: [earlier, original.internetMessageId].filter(Boolean).join(' ') },
  ]
}

function quote(original: StoredMessage, comment: string): string {
  const from = escapeHtml(addressOf(original.from))
  const head = `<b>From:</b> ${from}<br><b>Sent:</b> ${original.sentDateTime}<br><b>Subject:</b> ${escapeHtml(original.subject)}`
  return `<html><body>${escapeHtml(comment)}<hr>${head}<br><br>${convertBody(original.body, 'html').content}</body></html>`
}

const prefixed = (prefix: string, subject: string) =>
  subject.toUpperCase().startsWith(prefix.trimEnd()) ? subject : `${prefix}${subject}`

function distinct(recipients: Recipient[]): Recipient[] {
  return [...new Map(recipients.map((one) => [addressOf(one).toLowerCase(), one])).values()]
}
