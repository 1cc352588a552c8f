import type { AuditEvent } from '../http/endpoint.ts'

export interface AuditLog {
  append(on: string, entry: Record<string, string | number | undefined>): Promise<void>
}

const MINUTE_MS = 60_000

/**
 * Writes what callers did. Hand-outs of tokens are one counted entry for each caller, account, resource, outcome and minute: the first one is
 * written at once, the count of a past minute with the next entry.
 */
export function createAudit({ log, now }: { log: AuditLog; now(): number }) {
  let minute = 0
  let counted = new Map<string, { event: AuditEvent; count: number }>()

  async function closeMinute(current: number): Promise<void> {
    if (minute === current) return
    const past = [...counted.values()].filter(({ count }) => count > 1)
    counted = new Map()
    minute = current
    await Promise.all(past.map(({ event, count }) => log.append(event.on, { ...event, action: 'tokenCount', count })))
  }

  return async (event: AuditEvent): Promise<void> => {
    await closeMinute(Math.floor(now() / MINUTE_MS))
    if (event.action !== 'token') return log.append(event.on, { ...event })
    const key = JSON.stringify([event.caller, event.account, event.resource, event.outcome])
    const known = counted.get(key)
    if (known) {
      known.count += 1
      return
    }
    counted.set(key, { event, count: 1 })
    await log.append(event.on, { ...event })
  }
}
