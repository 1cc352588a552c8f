import type { Measurement } from './measurement.ts'
import { boundText, outcome, reached, series } from './text.ts'

const HEADINGS = ['row', 'what', 'yardstick', '', 'subject', '', 'reached', 'bound', '']

/** Columns as wide as their widest cell, for a terminal; notes follow. */
export function textTable(measurements: Measurement[]): string {
  const lines = [HEADINGS, ...measurements.map(cells)]
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => (line[column] as string).length)))
  const aligned = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] as number)).join('  '))
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  const [heading = '', ...rest] = aligned.map((line) => line.trimEnd())
  return [heading, rule.trimEnd(), ...rest, ...notes(measurements)].join('\n')
}

export function markdownTable(measurements: Measurement[]): string {
  const toLine = (line: string[]) => `| ${line.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const headings = ['row', 'what', 'yardstick', 'median (min–max)', 'subject', 'median (min–max)', 'reached', 'bound', 'met']
  const lines = [headings, headings.map(() => '---'), ...measurements.map(cells)]
  return [...lines.map(toLine), ...notes(measurements)].join('\n')
}

function cells(measurement: Measurement): string[] {
  const { row, what, unit, yardstick, subject, bound } = measurement
  return [
    row,
    what,
    yardstick?.name ?? '',
    yardstick ? series(yardstick, unit) : '',
    subject?.name ?? '',
    subject ? series(subject, unit) : '',
    reached(measurement),
    bound ? boundText(bound, unit) : '',
    outcome(measurement),
  ]
}

function notes(measurements: Measurement[]): string[] {
  const given = measurements.filter(({ note }) => note !== undefined)
  return given.length === 0 ? [] : ['', ...given.map(({ row, what, note }) => `- ${row}, ${what}: ${note}`)]
}
