import type { DequeuedMessageItem } from '@azure/storage-queue'

import { bindingDataOf } from './binding-data.ts'
import type { Trigger } from './invocation.ts'
import { dateTimeOffset } from './timer-info.ts'

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The text of a message; `undefined` when it is not in the encoding that host.json promises. */
export function decodeMessage(messageText: string, encoding: 'base64' | 'none'): string | undefined {
  if (encoding === 'none') return messageText
  return BASE64.test(messageText) ? Buffer.from(messageText, 'base64').toString('utf8') : undefined
}

/** What a queue function gets for a message that was taken from the queue. */
export function queueTrigger(text: string, message: DequeuedMessageItem): Trigger {
  return trigger(text, message.dequeueCount, [message.insertedOn, message.expiresOn, message.nextVisibleOn], {
    Id: { string: message.messageId },
    PopReceipt: { string: message.popReceipt },
  })
}

/** What a queue function gets when it is fired by `POST /admin/functions/{name}`: a message that is in no queue. */
export function manualQueueTrigger(text: string): Trigger {
  const never = new Date('9999-12-31T23:59:59.999Z')
  return trigger(text, 0, [never, never, never], {})
}

function trigger(
  text: string,
  dequeueCount: number,
  [inserted, expires, nextVisible]: [Date, Date, Date],
  ids: Trigger['triggerMetadata'],
): Trigger {
  const date = (value: Date) => ({ json: JSON.stringify(dateTimeOffset(value)) })
  return {
    data: { string: text },
    triggerMetadata: {
      ...Object.fromEntries(bindingDataOf(text)),
      QueueTrigger: { string: text },
      DequeueCount: { json: String(dequeueCount) },
      ...ids,
      InsertionTime: date(inserted),
      ExpirationTime: date(expires),
      NextVisibleTime: date(nextVisible),
    },
  }
}
