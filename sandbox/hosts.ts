import { clockOffset, setClockOffset } from './clock.ts'

/** The Functions hosts that share this cloud's clock, by their control URLs. */
export class Hosts {
  readonly #controls = new Set<string>()

  add(control: string): void {
    this.#controls.add(control)
  }

  remove(control: string): void {
    this.#controls.delete(control)
  }

  /** Moves the time of every process; answers after the timers that fell due have run. */
  async advance(ms: number): Promise<void> {
    setClockOffset(clockOffset() + ms)
    await this.#post('clock', { offsetMs: clockOffset() })
  }

  /** Answers when no invocation runs and the trigger queues are empty. */
  settle(): Promise<void> {
    return this.#post('settle', {})
  }

  async #post(path: string, body: object): Promise<void> {
    await Promise.all(
      [...this.#controls].map(async (control) => {
        const url = new URL(path, control)
        const headers = { 'content-type': 'application/json' }
        const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => undefined)
        // A host that was killed did not say goodbye.
        if (!response) this.#controls.delete(control)
        else if (!response.ok) throw new Error(`The host answered ${response.status} to "${path}".`)
      }),
    )
  }
}
