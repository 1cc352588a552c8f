import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'

import { barChart } from './chart.ts'
import { judge, type Measurement } from './measurement.ts'
import { markdownTable } from './table.ts'

/** Writes results.json, results.md and chart.svg. */
export function writeReport(folder: string, measurements: Measurement[]): void {
  const machine = {
    on: new Date().toISOString(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
  }
  const judged = measurements.map((measurement) => ({ ...measurement, verdict: judge(measurement) }))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify({ ...machine, measurements: judged }, null, 2)}\n`)
  writeFileSync(join(folder, 'chart.svg'), barChart(measurements))
  const text = [
    '# Benchmark',
    `${machine.on}, Node ${machine.node}, ${machine.platform}, ${machine.cpu}. Yardstick and subject in turn; medians and spread over the rounds.`,
    '![Share of each bound that is used](chart.svg)',
    markdownTable(measurements),
  ]
  writeFileSync(join(folder, 'results.md'), `${text.join('\n\n')}\n`)
}
