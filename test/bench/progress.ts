/** One line that says what is being measured; rewritten on a terminal, one line a row elsewhere. */
export class Progress {
  readonly #out: NodeJS.WriteStream
  #shown = ''

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.#out = out
  }

  show(row: string, text: string): void {
    if (this.#out.isTTY) this.#out.write(`\r\x1b[K${row}: ${text}`)
    else if (this.#shown !== row) this.#out.write(`${row} …\n`)
    this.#shown = row
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[K')
  }
}

/** Does every piece of work once a round, one after the other, so that what slows the machine slows all of them. */
export async function inTurn<Name extends string, T>(
  rounds: number,
  work: Record<Name, () => Promise<T>>,
  show: (text: string) => void,
): Promise<Record<Name, T[]>> {
  const names = Object.keys(work) as Name[]
  const results = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<Name, T[]>
  for (let round = 1; round <= rounds; round += 1) {
    show(`round ${round} of ${rounds}`)
    for (const name of names) results[name].push(await work[name]())
  }
  return results
}
