import { expect, it } from 'vitest'

import { covered, median, percentile, spread } from './statistics.ts'

it.each([
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], 2.5],
  [[10, 9, 100], 10],
])('finds the median of %j', (values, expected) => {
  expect(median(values)).toBe(expected)
})

it('leaves the values in their order', () => {
  const values = [3, 1, 2]
  median(values)
  expect(values).toEqual([3, 1, 2])
})

it('finds percentiles by nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect([0, 0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([1, 50, 99, 100])
  expect(percentile([7], 0.99)).toBe(7)
})

it('tells the least and the most', () => {
  expect(spread([5, 2, 11])).toEqual({ least: 2, most: 11 })
})

it('refuses to say anything about no values', () => {
  for (const ask of [() => median([]), () => percentile([], 0.5), () => spread([])]) expect(ask).toThrow(RangeError)
})

it.each([
  ['nothing', [], 0],
  [
    'one after the other',
    [
      [0, 2],
      [5, 6],
    ],
    3,
  ],
  [
    'overlapping',
    [
      [4, 8],
      [0, 5],
    ],
    8,
  ],
  [
    'one inside the other',
    [
      [0, 10],
      [2, 3],
      [9, 12],
    ],
    12,
  ],
] as [string, [number, number][], number][])('adds up the time that intervals cover: %s', (_, intervals, expected) => {
  expect(covered(intervals)).toBe(expected)
})
