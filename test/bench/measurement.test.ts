import { expect, it } from 'vitest'

import { type Bound, judge, type Measurement, ratio } from './measurement.ts'

const measured = (bound: Bound | undefined, own: number[], other?: number[]): Measurement => ({
  row: 'row',
  what: 'what',
  unit: 'ms',
  subject: { name: 'ours', values: own },
  yardstick: other && { name: 'hello', values: other },
  bound,
})

it('compares the medians, not the means', () => {
  expect(ratio(measured(undefined, [1, 20, 1000], [10, 10, 400]))).toBe(2)
})

it('has no ratio without a yardstick and no verdict without a bound', () => {
  expect(ratio(measured(undefined, [1]))).toBeUndefined()
  expect(judge(measured(undefined, [1], [1]))).toBeUndefined()
})

it.each([
  [
    'a ratio at most: at the bound',
    { of: 'ratio', direction: 'most', limit: 1.5 },
    [15],
    [10],
    { value: 1.5, share: 1, met: true },
  ],
  ['a ratio at most: above', { of: 'ratio', direction: 'most', limit: 1.5 }, [30], [10], { value: 3, share: 2, met: false }],
  [
    'a ratio at least: above',
    { of: 'ratio', direction: 'least', limit: 0.8 },
    [160],
    [100],
    { value: 1.6, share: 0.5, met: true },
  ],
  ['a ratio at least: below', { of: 'ratio', direction: 'least', limit: 0.8 }, [40], [100], { value: 0.4, share: 2, met: false }],
  ['a difference', { of: 'difference', direction: 'most', limit: 40 }, [120], [100], { value: 20, share: 0.5, met: true }],
  [
    'less than the yardstick',
    { of: 'difference', direction: 'most', limit: 40 },
    [90],
    [100],
    { value: -10, share: 0, met: true },
  ],
  ['a value', { of: 'value', direction: 'most', limit: 2 }, [3], undefined, { value: 3, share: 1.5, met: false }],
] as [string, Bound, number[], number[] | undefined, object][])('judges %s', (_, bound, own, other, expected) => {
  expect(judge(measured(bound, own, other))).toEqual(expected)
})

it('has no verdict on what could not be measured', () => {
  expect(judge({ row: 'r', what: 'w', unit: 'MB', bound: { of: 'value', direction: 'most', limit: 1 } })).toBeUndefined()
})
