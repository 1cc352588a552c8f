import { applyInput, newMessage } from '../compose.ts'
import { badRequest } from '../errors.ts'
import { isMime, readJson, readMime, reply } from '../http.ts'
import { checkProperties, property, readMessageInput } from '../input.ts'
import { messageFromMime } from '../mime/message.ts'
import type { GraphCall, GraphHandler } from '../service.ts'
import type { StoredMessage } from '../store/model.ts'
import { prepare, submit } from '../submission.ts'

/** Larger MIME (as Base64) was seen to be answered 200 and never sent. @see {@link https://github.com/microsoftgraph/microsoft-graph-docs/issues/13979} */
const MIME_LIMIT_BYTES = 2_240_000

/** POST /sendMail: 202 and no body. From JSON, or from MIME sent as Base64 text. */
export const sendMail: GraphHandler = async (call) => {
  const { message, save } = isMime(call.request) ? await fromMime(call) : await fromJson(call)
  prepare(call, message)
  if (isMime(call.request) && (await call.request.bytes()).length > MIME_LIMIT_BYTES) return reply(200)
  return submit(call, message, (delayMs) => {
    if (!save) return
    const now = Date.now()
    message.hidden = true
    call.mailbox.addMessage(message)
    call.mailbox.sendLater(message, now, now + delayMs)
  })
}

interface Outgoing {
  message: StoredMessage
  save: boolean
}

async function fromJson(call: GraphCall): Promise<Outgoing> {
  const body = await readJson(call.request)
  checkProperties(body, ['message', 'saveToSentItems'])
  const [input, save = true] = [property(body, 'message'), property(body, 'saveToSentItems')]
  if (typeof input !== 'object' || input === null) throw badRequest('The parameter message is missing.')
  if (typeof save !== 'boolean' && !/^(?:true|false)$/i.test(String(save))) throw badRequest('saveToSentItems is not a Boolean.')
  const message = blank(call)
  applyInput(call.service.store.blobs, message, readMessageInput(input))
  return { message, save: String(save).toLowerCase() === 'true' }
}

async function fromMime(call: GraphCall): Promise<Outgoing> {
  const message = blank(call)
  Object.assign(message, messageFromMime(call.service.store.blobs, await readMime(call.request)))
  return { message, save: true }
}

const blank = ({ mailbox }: GraphCall) => newMessage(mailbox.owner, mailbox.wellKnown('outbox').id)
