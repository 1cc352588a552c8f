import { onClockChange } from '../clock.ts'
import type { RegisteredFunction } from './core-module.ts'
import type { Invoker } from './invocation.ts'
import type { Log } from './log.ts'
import { parseSchedule, type Schedule } from './schedule.ts'
import type { TimerLease } from './timer-lease.ts'

export interface TimerOptions {
  target: RegisteredFunction
  bindingName: string
  schedule: string
  runOnStartup: boolean
  invoker: Invoker
  lease: TimerLease
  log: Log
}

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1
const PAST_DUE_MS = 60_000

/** Fires one timer function: on time, and once for whatever fell due when the shared clock was moved. */
export class TimerListener {
  readonly name: string
  readonly #options: TimerOptions
  readonly #schedule: Schedule
  #next: number
  #timeout: NodeJS.Timeout | undefined
  #last: string | undefined
  #firing: Promise<void> = Promise.resolve()
  readonly #unsubscribe: () => void

  constructor(options: TimerOptions) {
    this.name = options.target.metadata.name
    this.#options = options
    this.#schedule = parseSchedule(options.schedule)
    this.#next = this.#schedule.next(Date.now())
    this.#unsubscribe = onClockChange(() => this.#arm())
    if (options.runOnStartup) void this.run()
    this.#arm()
  }

  /** Runs what is due, and waits for it. */
  catchUp(): Promise<void> {
    this.#firing = this.#firing.then(() => this.#fireIfDue())
    return this.#firing
  }

  /** Runs now; false when another host has this timer. */
  async run(): Promise<boolean> {
    if (!(await this.#options.lease.claim(undefined))) return false
    await this.#invoke(false)
    return true
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timeout)
    this.#unsubscribe()
    await this.#firing
    await this.#options.lease.release()
  }

  #arm(): void {
    clearTimeout(this.#timeout)
    const delay = Math.min(Math.max(this.#next - Date.now(), 0), LONGEST_TIMEOUT_MS)
    this.#timeout = setTimeout(() => void this.catchUp(), delay)
  }

  async #fireIfDue(): Promise<void> {
    const due = this.#next
    const now = Date.now()
    if (due <= now) {
      this.#next = this.#schedule.next(now)
      const mine = await this.#options.lease.claim(due).catch((error: Error) => {
        this.#options.log('error', 'Host.Timers', `The lease of ${this.name} failed: ${error.message}`)
        return false
      })
      if (mine) await this.#invoke(now - due > PAST_DUE_MS)
    }
    this.#arm()
  }

  async #invoke(isPastDue: boolean): Promise<void> {
    const { target, bindingName, invoker, log } = this.#options
    const stamp = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}+00:00`
    const status = { Last: this.#last ?? '0001-01-01T00:00:00+00:00', LastUpdated: stamp(Date.now()), Next: stamp(this.#next) }
    const info = { Schedule: { AdjustForDST: true }, ScheduleStatus: status, IsPastDue: isPastDue }
    this.#last = stamp(Date.now())
    try {
      await invoker.invoke(target, { inputData: [{ name: bindingName, data: { json: JSON.stringify(info) } }] })
    } catch (error) {
      log('error', `Function.${this.name}`, error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
  }
}
