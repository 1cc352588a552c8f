import { GraphError } from './errors.ts'

/** Outlook serves so many requests of one application for one mailbox at a time. @see {@link https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits} */
export const MAILBOX_CONCURRENCY = 4

/** Counts the requests in flight per application and mailbox. */
export class Concurrency {
  readonly #inFlight = new Map<string, number>()

  /** What the count is when one more request starts. */
  next(appId: string, mailbox: string): number {
    return (this.#inFlight.get(`${appId} ${mailbox}`) ?? 0) + 1
  }

  /** Lets a request in, or throws Graph's 429. Call the answered function once when the answer was sent. */
  enter(appId: string, mailbox: string): () => void {
    const key = `${appId} ${mailbox}`
    const count = this.next(appId, mailbox)
    if (count > MAILBOX_CONCURRENCY) {
      const message = 'Application is over its MailboxConcurrency limit.'
      throw new GraphError(429, 'ApplicationThrottled', message, { 'retry-after': '1' })
    }
    this.#inFlight.set(key, count)
    let left = false
    return () => {
      if (left) return
      left = true
      this.#inFlight.set(key, (this.#inFlight.get(key) ?? 1) - 1)
    }
  }
}

/** Bodies up to here are handed over at once; a request with a larger one stays in flight until it was read or given up. */
const SMALL_BODY_BYTES = 64 * 1024

/** Calls `leave` when the answer's body has ended, however it ends. */
export function leaveAfter(response: Response, leave: () => void): Response {
  const length = response.headers.get('content-length')
  if (!response.body || (length !== null && Number(length) <= SMALL_BODY_BYTES)) {
    leave()
    return response
  }
  const reader = response.body.getReader()
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const part = await reader.read().catch((error: unknown) => {
          leave()
          throw error
        })
        if (!part.done) return controller.enqueue(part.value)
        leave()
        controller.close()
      },
      cancel: (reason) => {
        leave()
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { status: response.status, headers: response.headers })
}
