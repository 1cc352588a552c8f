import { untilEnd } from './body-end.ts'
import type { Governor } from './governor.ts'
import type { Exchange } from './graph-exchange.ts'
import { parseRetryAfter } from './retry-after.ts'

/** Takes one of the mailbox's places for each attempt, until the answer's body has ended. */
export function withGovernor(governor: Governor, now: () => number, next: Exchange): Exchange {
  return async (request) => {
    const { key } = request.mailbox
    const leave = await governor.acquire(key, request.signal)
    let response: Response
    try {
      response = await next(request)
    } catch (error) {
      leave()
      throw error
    }
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), now())
    if (retryAfterMs && (response.status === 429 || response.status === 503)) governor.pause(key, retryAfterMs)
    if (!request.stream || !response.ok || !response.body) {
      leave()
      return response
    }
    // A body that nobody reads gives its place back when its time is over.
    request.signal.addEventListener('abort', leave, { once: true })
    return new Response(untilEnd(response.body, leave), response)
  }
}
