/** Counts what is running, so that a test or a stop can wait until nothing is. */
export class Activity {
  #running = 0
  readonly #waiting: (() => void)[] = []

  get running(): number {
    return this.#running
  }

  /** Counts this work until it ends, whichever way. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1
    try {
      return await work()
    } finally {
      this.#running -= 1
      if (this.#running === 0) for (const resume of this.#waiting.splice(0)) resume()
    }
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve))
  }
}
