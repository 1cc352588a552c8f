import { clockOffset } from '../clock.ts'
import { errorMessage, type Trigger } from './invocation.ts'
import type { Log } from './log.ts'
import type { Schedule } from './schedule.ts'
import { timerTrigger } from './timer-info.ts'
import type { TimerLock } from './timer-lock.ts'

const MINUTE_MS = 60_000
/** How soon a host asks again for a timer that another one has, or whose lock could not be reached. */
const LOCK_RETRY_MS = 5000

export interface TimerListenerOptions {
  name: string
  schedule: Schedule
  runOnStartup: boolean
  /** Tell the function when it fired last; schedules shorter than a minute are never told. */
  useMonitor: boolean
  lock: TimerLock
  invoke(trigger: Trigger): Promise<unknown>
  log: Log
}

/**
 * Fires one timer function by the shared clock: in real time, and at once for what a moved clock made due, however much that is one
 * time. Never twice at the same time; not at all while another host has the lock.
 */
export class TimerListener {
  readonly name: string
  readonly #options: TimerListenerOptions
  readonly #monitored: boolean
  #due: number
  #last: number | undefined
  #timeout: NodeJS.Timeout | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(options: TimerListenerOptions) {
    this.name = options.name
    this.#options = options
    this.#due = options.schedule.next(Date.now())
    this.#monitored = options.useMonitor && options.schedule.next(this.#due) - this.#due >= MINUTE_MS
  }

  /** Takes the lock if it is free. An occurrence that was missed while no host ran is fired, as in Azure. */
  async start(): Promise<void> {
    const held = await this.#inTurn(() => this.#options.lock.take())
    if (held?.last !== undefined && held.last <= Date.now() && this.#monitored) {
      this.#last = held.last
      this.#due = this.#options.schedule.next(held.last)
    }
    if (held && this.#options.runOnStartup) void this.runNow()
    this.#arm(this.#due - Date.now())
  }

  /** Resolves when everything that is due by now has been fired and has finished, or another host has the timer. */
  async check(): Promise<void> {
    await this.#inTurn(() => this.#runIfDue())
    const wait = this.#due - Date.now()
    // Still due: another host has it, or the storage cannot be reached.
    this.#arm(wait > 0 ? wait : LOCK_RETRY_MS)
  }

  /** Fires now, whatever the schedule says; false when another host has the timer. */
  async runNow(): Promise<boolean> {
    const ran = await this.#inTurn(async () => {
      const { lock } = this.#options
      if (!(await lock.take()) || !(await lock.note(Date.now()))) return false
      await this.#fire(Date.now(), false)
      return true
    })
    return ran ?? false
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timeout)
    await this.#inTurn(() => this.#options.lock.release())
  }

  async #runIfDue(): Promise<void> {
    const { schedule, lock } = this.#options
    const now = Date.now()
    // The clock may have been moved back since the next occurrence was computed.
    this.#due = Math.min(this.#due, schedule.next(now))
    if (this.#due > now || this.#stopped) return
    const held = await lock.take()
    if (!held) return
    if (held.last !== undefined && held.last <= now) this.#due = Math.max(this.#due, schedule.next(held.last))
    if (this.#due > now || !(await lock.note(now))) return
    await this.#fire(now, now - this.#due > MINUTE_MS)
  }

  async #fire(now: number, isPastDue: boolean): Promise<void> {
    const { invoke, log, schedule } = this.#options
    const offset = clockOffset()
    const status = this.#monitored ? { last: this.#last, next: this.#due } : undefined
    this.#last = now
    await invoke(timerTrigger(isPastDue, status)).catch((error) => log('error', `Function.${this.name}`, errorMessage(error)))
    // What passed during a long run is not made up for; what a moved clock made due is.
    this.#due = schedule.next(offset === clockOffset() ? Date.now() : now)
  }

  /** Long waits are cut, so that a change of the machine's clock is noticed. */
  #arm(waitMs: number): void {
    clearTimeout(this.#timeout)
    if (this.#stopped) return
    this.#timeout = setTimeout(() => void this.check(), Math.min(Math.max(waitMs, 0), MINUTE_MS))
  }

  /** One after the other; an error of the storage is logged and answered `undefined`. */
  #inTurn<T>(work: () => Promise<T>): Promise<T | undefined> {
    const turn = this.#turn.then(work).catch((error) => {
      this.#options.log('error', `Host.Triggers.Timer`, `${this.name}: ${errorMessage(error)}`)
      return undefined
    })
    this.#turn = turn
    return turn
  }
}
