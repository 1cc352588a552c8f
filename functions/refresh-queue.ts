import type { StorageQueueHandler } from '@azure/functions'

import { AppError } from '../shared/errors.ts'
import { isId } from '../shared/ids.ts'
import type { Services } from '../shared/services.ts'

/** Refreshes of one message that run side by side. */
const CONCURRENCY = 8

/**
 * Queue — renews the accounts of a hint that are still due. An account's failure is its own: it is logged and stays due. The message fails, and
 * is offered again, only when the store does.
 */
export function refreshQueue({ refresher }: Pick<Services, 'refresher'>): StorageQueueHandler {
  return async (message, context) => {
    const ids = idsOf(message)
    if (!ids) {
      context.warn(JSON.stringify({ event: 'refresh', result: 'not_a_hint' }))
      return
    }
    let storeFailure: AppError | undefined
    const next = ids.values()
    const work = async () => {
      for (const id of next) {
        try {
          context.log(JSON.stringify({ event: 'refresh', account: id, result: await refresher.refreshIfDue(id) }))
        } catch (error) {
          const code = error instanceof AppError ? error.code : 'defect'
          const upstream = error instanceof AppError ? error.details.upstream?.code : undefined
          context.warn(JSON.stringify({ event: 'refresh', account: id, result: code, upstream }))
          if (!(error instanceof AppError))
            context.error(error instanceof Error ? error.stack : 'A value that is no error was thrown.')
          if (error instanceof AppError && error.code === 'store_unavailable') storeFailure = error
        }
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, work))
    if (storeFailure) throw storeFailure
  }
}

function idsOf(message: unknown): string[] | undefined {
  const ids = (message as { accounts?: unknown } | null)?.accounts
  return Array.isArray(ids) && ids.every((id) => typeof id === 'string' && isId('acc', id)) ? ids : undefined
}
