import type { DequeuedMessageItem } from '@azure/storage-queue'

import type { TypedData } from './core-types.ts'

/** The text of a message, or undefined when it is not in the encoding that host.json names. */
export function decodeMessage(text: string, encoding: 'base64' | 'none'): string | undefined {
  if (encoding === 'none') return text
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes.toString('utf8') : undefined
}

/** What the host tells a queue function beside the message. Top-level members of a JSON object travel along, scalars as text. */
export function triggerMetadata(message: DequeuedMessageItem, text: string): Record<string, TypedData> {
  const stamp = (date: Date) => ({ json: JSON.stringify(`${date.toISOString().slice(0, 19)}+00:00`) })
  return {
    ...members(text),
    QueueTrigger: { string: text },
    DequeueCount: { json: String(message.dequeueCount) },
    Id: { string: message.messageId },
    PopReceipt: { string: message.popReceipt },
    InsertionTime: stamp(message.insertedOn),
    ExpirationTime: stamp(message.expiresOn),
    NextVisibleTime: stamp(message.nextVisibleOn),
  }
}

function members(text: string): Record<string, TypedData> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return {}
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]): [string, TypedData][] => {
      if (member === null || Array.isArray(member)) return []
      if (typeof member === 'object') return [[name, { json: JSON.stringify(member) }]]
      return [[name, { string: typeof member === 'boolean' ? (member ? 'True' : 'False') : String(member) }]]
    }),
  )
}
