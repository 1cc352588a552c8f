import { describe, expect, it } from 'vitest'

import { type Attempt, decideRetry } from '../../../shared/mail/graph-retry.ts'
import { parseRetryAfter, toRetryAfterSeconds } from '../../../shared/mail/retry-after.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')

describe('the retry rule', () => {
  const first: Attempt = { method: 'GET', status: 503, attempt: 1, waitedMs: 0, random: 0.5 }

  it.each<[string, Partial<Attempt>, number | false]>([
    ['repeats a read after 503', {}, 300],
    ['repeats a read after 429', { status: 429 }, 300],
    ['repeats a read after 504', { status: 504 }, 300],
    ['repeats a read without an answer', { status: undefined }, 300],
    ['waits longer the second time', { attempt: 2 }, 600],
    ['spreads the attempts of many callers', { random: 0 }, 150],
    ['obeys Retry-After', { retryAfterMs: 12_000 }, 12_000],
    ['obeys a Retry-After of nothing', { retryAfterMs: 0 }, 0],
    ['waits 30 s in all', { retryAfterMs: 18_000, waitedMs: 12_000, attempt: 2 }, 18_000],
    ['waits no longer than that', { retryAfterMs: 18_001, waitedMs: 12_000, attempt: 2 }, false],
    ['ends after three attempts', { attempt: 3 }, false],
    ['lets a POST be', { method: 'POST', retryAfterMs: 1 }, false],
    ['lets a POST without an answer be', { method: 'POST', status: undefined }, false],
    ['lets a PATCH be', { method: 'PATCH' }, false],
    ['lets a DELETE be', { method: 'DELETE' }, false],
    ['takes 500 as an answer', { status: 500 }, false],
    ['takes 200 as an answer', { status: 200 }, false],
  ])('%s', (_title, more, delayMs) => {
    expect(decideRetry({ ...first, ...more })).toEqual(delayMs === false ? { retry: false } : { retry: true, delayMs })
  })
})

describe('Retry-After', () => {
  it.each<[string | null, number | undefined]>([
    ['120', 120_000],
    ['0', 0],
    [' 7 ', 7_000],
    ['1.5', 1_500],
    ['Fri, 20 Nov 2026 12:00:30 GMT', 30_000],
    ['Fri, 20 Nov 2026 11:00:00 GMT', 0],
    [null, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-5e', undefined],
  ])('%j is %j milliseconds', (header, ms) => expect(parseRetryAfter(header, NOW)).toBe(ms))

  it('of our own is whole seconds, at least one', () => {
    expect([0, 1, 1000, 1001].map(toRetryAfterSeconds)).toEqual([1, 1, 1, 2])
  })
})
