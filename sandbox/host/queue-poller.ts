/** The real host's first wait; it doubles with each poll that finds nothing. */
const FIRST_WAIT_MS = 100

/** Polls with exponential back-off; a poll asked for from outside comes at once and never beside another one. */
export class QueuePoller {
  readonly #poll: () => Promise<number>
  readonly #maxWaitMs: number
  readonly #onError: (error: unknown) => void
  #turn: Promise<unknown> = Promise.resolve()
  #loop: Promise<void> | undefined
  #stopped = false
  #woken = false
  #wake: () => void = () => {}

  /** @param poll answers how many messages it found */
  constructor(poll: () => Promise<number>, maxWaitMs: number, onError: (error: unknown) => void) {
    this.#poll = poll
    this.#maxWaitMs = maxWaitMs
    this.#onError = onError
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  /** Polls after the poll that may be under way and answers how many messages were found. */
  pollNow(): Promise<number> {
    const turn = this.#turn.then(() => (this.#stopped ? 0 : this.#poll()))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  /** Ends the present wait. */
  wake(): void {
    this.#woken = true
    this.#wake()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.wake()
    await this.#loop
    await this.#turn
  }

  async #run(): Promise<void> {
    let wait = FIRST_WAIT_MS
    while (!this.#stopped) {
      this.#woken = false
      const found = await this.pollNow().catch((error) => {
        this.#onError(error)
        return 0
      })
      if (found > 0) wait = FIRST_WAIT_MS
      else {
        await this.#sleep(Math.min(wait, this.#maxWaitMs))
        wait = this.#woken ? FIRST_WAIT_MS : Math.min(wait * 2, this.#maxWaitMs)
      }
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#woken || this.#stopped) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
