import { AppError } from '../errors.ts'
import { toRetryAfterSeconds } from './retry-after.ts'

/**
 * Requests of one app to one mailbox that Microsoft works on at a time; the fifth is answered 429.
 *
 * @see {@link https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits}
 */
const MAX_IN_FLIGHT = 4

/** More callers than this waiting for one mailbox would only time out later: refuse them now. */
const MAX_WAITING = 100

/** A call waits this long for a throttled mailbox; longer is the caller's decision. */
const MAX_PAUSE_WAIT_MS = 30_000

/** Graph counts mail requests in windows of 10 minutes; a longer Retry-After must not shut a mailbox out of this instance. */
const MAX_PAUSE_MS = 10 * 60_000

/** Keeps one instance within Graph's per-mailbox concurrency. */
export interface Governor {
  /**
   * Waits, first come first served, for a free place; answers the function that gives it back.
   * Rejects with `throttled` when too many wait, the mailbox is paused for long, or `signal` aborts the wait.
   */
  acquire(key: string, signal?: AbortSignal): Promise<() => void>
  /** Graph asked to leave this mailbox alone for so long. */
  pause(key: string, ms: number): void
  /** Mailboxes remembered now; those with nothing in flight, waiting or paused are forgotten. */
  readonly size: number
}

interface Waiter {
  start(): void
  refuse(error: AppError): void
}

interface Lane {
  inFlight: number
  waiting: Waiter[]
  pausedUntil: number
  /** Set while a timer will continue the lane after its pause. */
  waking: boolean
}

export function createGovernor({ now, wait }: { now(): number; wait(ms: number): Promise<void> }): Governor {
  const lanes = new Map<string, Lane>()

  function laneOf(key: string): Lane {
    const lane = lanes.get(key) ?? { inFlight: 0, waiting: [], pausedUntil: 0, waking: false }
    lanes.set(key, lane)
    return lane
  }

  function advance(key: string, lane: Lane): void {
    const paused = lane.pausedUntil - now()
    if (paused > 0) wakeAfter(key, lane, paused)
    else while (lane.inFlight < MAX_IN_FLIGHT && lane.waiting.length > 0) lane.waiting.shift()?.start()
    if (lane.inFlight === 0 && lane.waiting.length === 0 && !lane.waking) lanes.delete(key)
  }

  function wakeAfter(key: string, lane: Lane, ms: number): void {
    if (lane.waking) return
    lane.waking = true
    void wait(ms).then(() => {
      lane.waking = false
      advance(key, lane)
    })
  }

  function enter(key: string, lane: Lane): () => void {
    lane.inFlight += 1
    let left = false
    return () => {
      if (left) return
      left = true
      lane.inFlight -= 1
      advance(key, lane)
    }
  }

  function queue(key: string, lane: Lane, signal?: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        lane.waiting = lane.waiting.filter((other) => other !== waiter)
        waiter.refuse(busy())
        advance(key, lane)
      }
      const waiter: Waiter = {
        start() {
          signal?.removeEventListener('abort', abort)
          resolve(enter(key, lane))
        },
        refuse(error) {
          signal?.removeEventListener('abort', abort)
          reject(error)
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      lane.waiting.push(waiter)
      advance(key, lane)
    })
  }

  return {
    async acquire(key, signal) {
      if (signal?.aborted) throw busy()
      const lane = laneOf(key)
      const paused = lane.pausedUntil - now()
      if (paused > MAX_PAUSE_WAIT_MS) throw mailboxPaused(paused)
      if (lane.waiting.length >= MAX_WAITING) throw tooManyWaiting()
      if (paused <= 0 && lane.waiting.length === 0 && lane.inFlight < MAX_IN_FLIGHT) return enter(key, lane)
      return queue(key, lane, signal)
    },
    pause(key, ms) {
      const lane = laneOf(key)
      lane.pausedUntil = Math.max(lane.pausedUntil, now() + Math.min(ms, MAX_PAUSE_MS))
      const paused = lane.pausedUntil - now()
      if (paused > MAX_PAUSE_WAIT_MS) for (const waiter of lane.waiting.splice(0)) waiter.refuse(mailboxPaused(paused))
      advance(key, lane)
    },
    get size() {
      return lanes.size
    },
  }
}

function mailboxPaused(ms: number): AppError {
  return new AppError('throttled', 'Microsoft Graph asked to leave this mailbox alone for a while.', {
    retryAfter: toRetryAfterSeconds(ms),
    extra: { scope: 'mailbox' },
  })
}

function tooManyWaiting(): AppError {
  return new AppError('throttled', 'Too many calls wait for this mailbox on this instance.', { extra: { scope: 'instance' } })
}

function busy(): AppError {
  return new AppError('throttled', 'The mailbox stayed busy with earlier calls; nothing was sent to Microsoft.', {
    extra: { scope: 'mailbox' },
  })
}
