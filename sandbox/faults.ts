/** One ordered misbehaviour of a stand-in. The first fault that matches a request and is not used up applies. */
export interface Fault {
  service: string
  /** All given parts must match: method, a regular expression on the path, values of the request's facts. */
  match?: { method?: string; path?: string; facts?: Record<string, unknown> }
  /** Answer this instead of doing anything. */
  answer?: { status: number; headers?: Record<string, string>; body?: string }
  /** Wait (real time) before going on. */
  delayMs?: number
  /** Wait (real time) after the request took effect and was written down, before the answer leaves. */
  holdMs?: number
  /** Break the connection: before anything is done, or after the request took effect but before the answer. */
  drop?: 'before' | 'after'
  /** Break the connection after so many bytes of the answer's body. */
  cutAfterBytes?: number
  /** A misbehaviour only the service itself can produce, by its name. */
  effect?: string
  /** Ends after so many requests; without it, it stays. */
  times?: number
  /** Ends when the shared clock passes this instant (ms since 1970). */
  until?: number
}

/** The faults ordered by the admin API or a test. */
export class Faults {
  #faults: (Fault & { id: number; used: number })[] = []
  #last = 0

  add(fault: Fault): number {
    const id = ++this.#last
    this.#faults.push({ ...fault, id, used: 0 })
    return id
  }

  remove(id: number): void {
    this.#faults = this.#faults.filter((fault) => fault.id !== id)
  }

  clear(): void {
    this.#faults = []
  }

  list(): (Fault & { id: number; used: number })[] {
    return this.#faults.map((fault) => ({ ...fault }))
  }

  /**
   * Takes the fault that applies to this request now, counting its use. `effect` faults are only found by their name. `byFacts` asks
   * only for faults that match on facts, or only for those that do not: a stand-in looks before and after it knows who is asking.
   */
  take(
    service: string,
    method: string,
    path: string,
    facts: Record<string, unknown>,
    { effect, byFacts }: { effect?: string; byFacts?: boolean } = {},
  ): Fault | undefined {
    const fault = this.#faults.find(
      (fault) =>
        fault.service === service &&
        (byFacts === undefined || (fault.match?.facts !== undefined) === byFacts) &&
        fault.effect === effect &&
        (fault.times === undefined || fault.used < fault.times) &&
        (fault.until === undefined || Date.now() < fault.until) &&
        (fault.match?.method === undefined || fault.match.method === method) &&
        (fault.match?.path === undefined || new RegExp(fault.match.path).test(path)) &&
        Object.entries(fault.match?.facts ?? {}).every(([name, value]) => facts[name] === value),
    )
    if (fault) fault.used += 1
    return fault
  }
}
