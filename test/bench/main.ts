import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { createBench } from './bench.ts'
import type { Measurement } from './measurement.ts'
import { Progress } from './progress.ts'
import { writeReport } from './report.ts'
import type { Row } from './row.ts'
import { coldStart } from './rows/cold-start.ts'
import { download } from './rows/download.ts'
import { firstHandOut } from './rows/first-hand-out.ts'
import { handOut } from './rows/hand-out.ts'
import { list, send } from './rows/mail.ts'
import { memory } from './rows/memory.ts'
import { packageSize } from './rows/package-size.ts'
import { textTable } from './table.ts'

const rows: Row[] = [coldStart, packageSize, handOut, list, send, firstHandOut, memory, download]
const RESULTS = join(import.meta.dirname, '../../bench-results')

/** Measures the rows that were named, or all; nothing is asserted, a missed bound is shown. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: 'string' } } })
  const unknown = positionals.filter((name) => !rows.some((row) => row.name === name))
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  if (unknown.length > 0 || (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))) {
    process.stderr.write(`npm run bench -- [--rounds N] [${rows.map(({ name }) => name).join(' | ')}] …\n`)
    process.exitCode = 1
    return
  }
  const chosen = positionals.length === 0 ? rows : rows.filter(({ name }) => positionals.includes(name))
  const progress = new Progress()
  const bench = createBench()
  const measurements: Measurement[] = []
  try {
    for (const row of chosen) {
      progress.show(row.name, 'getting ready')
      measurements.push(...(await row.measure(bench, rounds ?? row.rounds, (text) => progress.show(row.name, text))))
    }
  } finally {
    progress.end()
    // A row that breaks off does not take along what the others have found.
    if (measurements.length > 0) report(measurements)
    await bench.close()
  }
}

function report(measurements: Measurement[]): void {
  writeReport(RESULTS, measurements)
  process.stdout.write(`\n${textTable(measurements)}\n\nWritten to bench-results/.\n`)
}

await main()
