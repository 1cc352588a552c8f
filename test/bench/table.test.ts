import { expect, it } from 'vitest'

import type { Measurement } from './measurement.ts'
import { markdownTable, textTable } from './table.ts'

const slow: Measurement = {
  row: 'list',
  what: 'p50',
  unit: 'ms',
  yardstick: { name: 'Graph SDK', values: [1, 2, 3] },
  subject: { name: 'gateway', values: [8.25, 9.5, 12.345] },
  bound: { of: 'difference', direction: 'most', limit: 5 },
  note: 'one at a time',
}
const size: Measurement = {
  row: 'package',
  what: 'deflated',
  unit: 'MB',
  subject: { name: 'dist/app', values: [0.5] },
  bound: { of: 'value', direction: 'most', limit: 3 },
}
const unknown: Measurement = { row: 'memory', what: 'idle', unit: 'MB' }

it('aligns the columns of the terminal’s table', () => {
  const lines = textTable([slow, size]).split('\n')
  const start = lines[0]?.indexOf('reached') as number
  expect(lines[2]?.slice(start)).toMatch(/^\+7\.50 ms +≤ \+5 ms +MISSED$/)
  expect(lines[3]?.slice(start)).toMatch(/^0\.50 MB +≤ 3 MB +met$/)
})

it('shows median and spread, and no spread of one value', () => {
  const text = textTable([slow, size])
  expect(text).toContain('9.50 ms (8.25–12.3)')
  expect(text).toContain('2 ms (1–3)')
  expect(text).toMatch(/0\.50 MB {2}/)
})

it('puts the notes below', () => {
  expect(textTable([slow, size])).toMatch(/\n\n- list, p50: one at a time$/)
  expect(textTable([size])).not.toContain('\n- ')
})

it('says what was not measured', () => {
  expect(textTable([unknown])).toContain('not measured')
})

it('gives every line of the Markdown table the same number of cells, whatever the names hold', () => {
  const odd = { ...slow, what: 'a|b' }
  const lines = markdownTable([odd, size]).split('\n').slice(0, 4)
  expect(lines.map((line) => line.replaceAll('\\|', '').match(/\|/g)?.length)).toEqual([10, 10, 10, 10])
})
