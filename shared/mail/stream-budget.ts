import { AppError } from '../errors.ts'
import { toRetryAfterSeconds } from './retry-after.ts'

/** A client slower than this may still hold bytes in our memory when we think it has them. */
const CLIENT_BYTES_PER_MS = 1_000_000 / 1000

/** The Functions front end has given up by then. */
const MAX_HOLD_MS = 230_000

/** Room for one answer's bytes. */
export interface StreamReservation {
  /** The body was produced, broke or is not wanted any more; the room becomes free when the client can have taken it. */
  produced(): void
}

/** How many announced bytes one instance has on their way at a time. */
export interface StreamBudget {
  /** @throws `throttled` when other answers fill the budget, `payload_too_large` when this one never fits */
  reserve(bytes: number): StreamReservation
  /** Bytes reserved now. */
  readonly reserved: number
}

interface Entry {
  bytes: number
  startedOn: number
  produced: boolean
}

/**
 * The Functions worker buffers what a slow client does not read, and tells us nothing of it. So memory is kept by admission: a
 * reservation ends when its body was produced and its bytes have had time to reach the client at 1 MB/s, after 230 s at most.
 */
export function createStreamBudget({ limitBytes, now }: { limitBytes: number; now(): number }): StreamBudget {
  const entries = new Set<Entry>()

  /** When the entry ends by itself, as far as known now. */
  const endOf = ({ bytes, startedOn, produced }: Entry) =>
    startedOn + (produced ? Math.min(bytes / CLIENT_BYTES_PER_MS, MAX_HOLD_MS) : MAX_HOLD_MS)

  /** Looks when asked: no timers to keep. */
  function sum(): number {
    let total = 0
    for (const entry of entries) {
      if (endOf(entry) <= now()) entries.delete(entry)
      else total += entry.bytes
    }
    return total
  }

  return {
    reserve(bytes) {
      if (bytes > limitBytes) throw neverFits(limitBytes)
      if (sum() + bytes > limitBytes) throw full(Math.min(...[...entries].map(endOf)) - now())
      const entry: Entry = { bytes, startedOn: now(), produced: false }
      entries.add(entry)
      return {
        produced: () => {
          entry.produced = true
        },
      }
    },
    get reserved() {
      return sum()
    },
  }
}

function full(waitMs: number): AppError {
  return new AppError('throttled', 'This instance has as much on its way to clients as it may hold.', {
    retryAfter: toRetryAfterSeconds(waitMs),
    extra: { scope: 'instance' },
  })
}

function neverFits(limit: number): AppError {
  return new AppError('payload_too_large', `The content is larger than an instance may hold (${limit} bytes).`, {
    extra: { limit },
  })
}
