/** A bounded map whose entries expire. The oldest entry gives way when it is full. Memory only: never the truth about anything. */
export class ExpiringMap<K, V> {
  readonly #entries = new Map<K, { value: V; until: number }>()
  readonly #limit: number
  readonly #lifeMs: number
  readonly #now: () => number

  constructor(limit: number, lifeMs: number, now: () => number) {
    this.#limit = limit
    this.#lifeMs = lifeMs
    this.#now = now
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    if (entry.until > this.#now()) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  set(key: K, value: V): void {
    this.#entries.delete(key)
    if (this.#entries.size >= this.#limit) this.#entries.delete(this.#entries.keys().next().value as K)
    this.#entries.set(key, { value, until: this.#now() + this.#lifeMs })
  }

  delete(key: K): void {
    this.#entries.delete(key)
  }
}
