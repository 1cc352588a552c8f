/** What a stand-in wrote down of one request. Facts are for counting in tests and hold no secret. */
export interface JournalEntry {
  on: string
  service: string
  method: string
  path: string
  status: number | 'dropped'
  facts: Record<string, unknown>
}

/** The requests that the stand-ins got, newest last, at most {@link Journal.LIMIT}. */
export class Journal {
  static readonly LIMIT = 200_000
  #entries: JournalEntry[] = []

  add(entry: JournalEntry): void {
    this.#entries.push(entry)
    if (this.#entries.length > Journal.LIMIT) this.#entries.splice(0, Journal.LIMIT / 10)
  }

  /** Entries of a service (all when absent) whose facts hold every given value. */
  list(service?: string, facts: Record<string, unknown> = {}): JournalEntry[] {
    return this.#entries.filter(
      (entry) =>
        (service === undefined || entry.service === service) &&
        Object.entries(facts).every(([name, value]) => entry.facts[name] === value),
    )
  }

  clear(): void {
    this.#entries = []
  }
}
