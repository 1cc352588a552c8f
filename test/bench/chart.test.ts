import { expect, it } from 'vitest'

import { barChart } from './chart.ts'
import type { Measurement } from './measurement.ts'

const measured = (own: number, more: Partial<Measurement> = {}): Measurement => ({
  row: 'cold-start',
  what: 'bundle',
  unit: 'ms',
  yardstick: { name: 'hello', values: [100] },
  subject: { name: 'ours', values: [own] },
  bound: { of: 'ratio', direction: 'most', limit: 1.4 },
  ...more,
})

function widths(svg: string): number[] {
  return [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width))
}

it('draws a bar that ends on the line when the bound is just reached', () => {
  const svg = barChart([measured(140)])
  const [, start] = /<rect [^>]* x="(\d+)"/.exec(svg) as unknown as [string, string]
  const [, line] = /<line [^>]*x1="([\d.]+)"/.exec(svg) as unknown as [string, string]
  expect(Number(start) + (widths(svg)[0] as number)).toBeCloseTo(Number(line), 1)
})

it('makes a missed bound visible in colour, sign and length, and cuts what is far beyond', () => {
  const svg = barChart([measured(70), measured(200), measured(2000), measured(20_000)])
  const [half, missed, far, farther] = widths(svg) as [number, number, number, number]
  expect(half).toBeLessThan(missed)
  expect(missed).toBeLessThan(far)
  expect(farther).toBe(far)
  expect(svg.match(/class="missed"/g)).toHaveLength(3)
  expect(svg.match(/✗/g)).toHaveLength(3)
})

it('leaves out what has no bound', () => {
  expect(widths(barChart([measured(100, { bound: undefined })]))).toEqual([])
})

it('has colours for light and dark, and escapes names', () => {
  const svg = barChart([measured(100, { what: 'a < b & c' })])
  expect(svg).toContain('prefers-color-scheme: dark')
  expect(svg).toContain('a &lt; b &amp; c')
})
