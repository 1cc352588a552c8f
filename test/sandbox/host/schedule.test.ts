import { describe, expect, test } from 'vitest'

import { parseSchedule } from '../../../sandbox/host/schedule.ts'

function nextOf(expression: string, after: string): string {
  return new Date(parseSchedule(expression).next(Date.parse(after))).toISOString()
}

describe('a schedule', () => {
  test.each([
    ['0 */5 * * * *', '2026-11-24T10:00:00Z', '2026-11-24T10:05:00.000Z'],
    ['0 */5 * * * *', '2026-11-24T10:04:59.999Z', '2026-11-24T10:05:00.000Z'],
    ['*/5 * * * *', '2026-11-24T10:01:00Z', '2026-11-24T10:05:00.000Z'],
    ['* * * * * *', '2026-11-24T10:00:00.500Z', '2026-11-24T10:00:01.000Z'],
    ['0 30 9 * * *', '2026-11-24T09:30:00Z', '2026-11-25T09:30:00.000Z'],
    ['0 0 9-17/4 * * *', '2026-11-24T10:00:00Z', '2026-11-24T13:00:00.000Z'],
    ['0 0 0 1 jan *', '2026-11-24T10:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['0 0 0 * * Mon-Fri', '2026-11-27T10:00:00Z', '2026-11-30T00:00:00.000Z'],
    ['0 15,45 * * * *', '2026-11-24T10:15:00Z', '2026-11-24T10:45:00.000Z'],
    ['0 20/20 * * * *', '2026-11-24T10:05:00Z', '2026-11-24T10:20:00.000Z'],
    ['0 0 0 29 2 *', '2026-11-24T10:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['0 0 0 13 * fri', '2026-11-24T10:00:00Z', '2027-08-13T00:00:00.000Z'],
  ])('%s after %s is due at %s', (expression, after, expected) => {
    expect(nextOf(expression, after)).toBe(expected)
  })

  test.each([
    '',
    '* * * *',
    '* * * * * * *',
    '60 * * * * *',
    '0 0 24 * * *',
    '0 0 0 0 * *',
    '*/0 * * * * *',
    '5-1 * * * * *',
    'x * * * * *',
  ])('refuses "%s"', (expression) => {
    expect(() => parseSchedule(expression)).toThrow('schedule expression')
  })

  test('says that a day that never comes never occurs', () => {
    expect(() => nextOf('0 0 0 31 2 *', '2026-11-24T10:00:00Z')).toThrow('never occurs')
  })
})
