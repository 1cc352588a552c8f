import type { TokenCredential } from '@azure/identity'
import type { QueueClient } from '@azure/storage-queue'

import { AppError } from '../errors.ts'

export type QueueAccess = { connectionString: string } | { queueUrl: string; credential: () => Promise<TokenCredential> }

/** Sends JSON messages as plain text; `host.json` says `messageEncoding: none`. */
export function openQueue(access: QueueAccess, name: string): { send(message: unknown): Promise<void> } {
  let client: Promise<QueueClient> | undefined

  async function open(): Promise<QueueClient> {
    const { QueueClient } = await import('@azure/storage-queue')
    if ('connectionString' in access) return new QueueClient(access.connectionString, name)
    return new QueueClient(new URL(name, ensureSlash(access.queueUrl)).href, await access.credential())
  }

  return {
    async send(message) {
      client ??= open()
      const queue = await client
      const text = JSON.stringify(message)
      try {
        await queue.sendMessage(text).catch(async (error) => {
          if ((error as { code?: string }).code !== 'QueueNotFound') throw error
          await queue.createIfNotExists()
          await queue.sendMessage(text)
        })
      } catch (cause) {
        throw new AppError('store_unavailable', 'The queue of the gateway did not answer as it should.', {
          cause,
          upstream: { service: 'storage' },
        })
      }
    },
  }
}

function ensureSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}
