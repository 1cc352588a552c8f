import type { Trigger } from './invocation.ts'

/** When a timer fired and will fire, in ms since 1970; kept for schedules of a minute or more. */
export interface ScheduleStatus {
  last?: number
  next: number
}

/** What a timer function gets; dates as .NET prints a DateTimeOffset in UTC. */
export function timerTrigger(isPastDue: boolean, status?: ScheduleStatus): Trigger {
  const last = status?.last === undefined ? '0001-01-01T00:00:00+00:00' : dateTimeOffset(status.last)
  const info = {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: status ? { Last: last, LastUpdated: last, Next: dateTimeOffset(status.next) } : null,
    IsPastDue: isPastDue,
  }
  return { data: { json: JSON.stringify(info) }, triggerMetadata: {} }
}

/** `2026-11-22T23:50:00+00:00` */
export function dateTimeOffset(time: number | Date): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, '+00:00')
}
