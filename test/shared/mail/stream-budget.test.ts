import { expect, it } from 'vitest'

import { AppError } from '../../../shared/errors.ts'
import { createStreamBudget } from '../../../shared/mail/stream-budget.ts'

const MB = 1_000_000

function start(limitBytes = 10 * MB) {
  let time = 1_000_000
  return { budget: createStreamBudget({ limitBytes, now: () => time }), pass: (ms: number) => (time += ms) }
}

function refusal(act: () => unknown): AppError {
  try {
    act()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('It was let in.')
}

it('lets in as much as fits, and says when to come back', () => {
  const { budget } = start()
  budget.reserve(6 * MB)
  budget.reserve(4 * MB)
  expect(budget.reserved).toBe(10 * MB)
  expect(refusal(() => budget.reserve(1))).toMatchObject({
    code: 'throttled',
    details: { retryAfter: 230, extra: { scope: 'instance' } },
  })
  expect(budget.reserved).toBe(10 * MB)
})

it('lets in an empty body even when full', () => {
  const { budget } = start()
  budget.reserve(10 * MB)
  expect(() => budget.reserve(0)).not.toThrow()
})

it('keeps a place until the body was produced and had time to reach the client at 1 MB/s', () => {
  const { budget, pass } = start()
  const place = budget.reserve(10 * MB)
  place.produced()
  pass(9_999)
  expect(refusal(() => budget.reserve(1)).details.retryAfter).toBe(1)
  pass(1)
  expect(budget.reserved).toBe(0)
  budget.reserve(10 * MB)
})

it('keeps a place for a body that takes longer than that to produce', () => {
  const { budget, pass } = start()
  const place = budget.reserve(10 * MB)
  pass(60_000)
  expect(budget.reserved).toBe(10 * MB)
  place.produced()
  expect(budget.reserved).toBe(0)
})

it('gives up on a place after 230 seconds, whatever became of its body', () => {
  const { budget, pass } = start(1000 * MB)
  budget.reserve(500 * MB)
  budget.reserve(500 * MB).produced()
  pass(229_999)
  expect(budget.reserved).toBe(1000 * MB)
  pass(1)
  expect(budget.reserved).toBe(0)
})

it('counts a place once, however often its end is reported', () => {
  const { budget, pass } = start()
  const first = budget.reserve(4 * MB)
  budget.reserve(4 * MB)
  first.produced()
  first.produced()
  pass(4_000)
  expect(budget.reserved).toBe(4 * MB)
})

it('says at once that a body larger than the whole budget will never fit', () => {
  const { budget } = start()
  expect(refusal(() => budget.reserve(10 * MB + 1))).toMatchObject({
    code: 'payload_too_large',
    details: { extra: { limit: 10 * MB } },
  })
  expect(budget.reserved).toBe(0)
})
