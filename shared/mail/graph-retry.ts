import { ConnectionLost, type Exchange, isSafe } from './graph-exchange.ts'
import { parseRetryAfter } from './retry-after.ts'

const MAX_ATTEMPTS = 3

/** A caller waits on us: beyond this, the honest answer is Graph's own Retry-After. */
const MAX_WAIT_MS = 30_000

const FIRST_BACKOFF_MS = 300

const RETRIED_STATUSES = new Set([429, 503, 504])

export interface Attempt {
  method: string
  /** `undefined` when no answer came. */
  status?: number
  retryAfterMs?: number
  /** 1 for the first. */
  attempt: number
  /** Waited between the attempts so far. */
  waitedMs: number
  /** In [0, 1). */
  random: number
}

export type RetryDecision = { retry: false } | { retry: true; delayMs: number }

/** Only safe requests are repeated: a POST that was answered 504, or not at all, may have taken effect. */
export function decideRetry({ method, status, retryAfterMs, attempt, waitedMs, random }: Attempt): RetryDecision {
  if (!isSafe(method) || attempt >= MAX_ATTEMPTS) return { retry: false }
  if (status !== undefined && !RETRIED_STATUSES.has(status)) return { retry: false }
  const delayMs = retryAfterMs ?? Math.round(FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + random))
  return waitedMs + delayMs > MAX_WAIT_MS ? { retry: false } : { retry: true, delayMs }
}

interface Clock {
  now(): number
  wait(ms: number): Promise<void>
  random(): number
}

export function withRetry({ now, wait, random }: Clock, next: Exchange): Exchange {
  return async (request) => {
    let waitedMs = 0
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await next(request).catch((error: unknown) => {
        if (error instanceof ConnectionLost) return error
        throw error
      })
      const answer = outcome instanceof ConnectionLost ? undefined : outcome
      const retryAfterMs = answer && parseRetryAfter(answer.headers.get('retry-after'), now())
      const decision = decideRetry({
        method: request.method,
        status: answer?.status,
        retryAfterMs,
        attempt,
        waitedMs,
        random: random(),
      })
      if (decision.retry && !request.signal.aborted) {
        await wait(decision.delayMs)
        waitedMs += decision.delayMs
        if (!request.signal.aborted) continue
      }
      if (answer) return answer
      throw outcome
    }
  }
}
