import { expect, it } from 'vitest'

import { budgeted } from '../../../shared/mail/budgeted-stream.ts'
import { createStreamBudget } from '../../../shared/mail/stream-budget.ts'

function start(limitBytes = 1000) {
  let time = 0
  const budget = createStreamBudget({ limitBytes, now: () => time })
  return { budget, pass: (ms: number) => (time += ms) }
}

/** A body of these chunks that tells when it was given up; an error among them breaks it. */
function bodyOf(...chunks: (string | Error)[]) {
  const seen = { canceled: undefined as unknown }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = chunks.shift()
        if (next === undefined) controller.close()
        else if (next instanceof Error) controller.error(next)
        else controller.enqueue(Buffer.from(next))
      },
      cancel(reason) {
        seen.canceled = reason ?? 'given up'
      },
    },
    { highWaterMark: 0 },
  )
  return { body, seen }
}

it('gives the same bytes and frees its place when they have ended', async () => {
  const { budget, pass } = start()
  const stream = await budgeted(budget, 6, bodyOf('abc', 'def').body)
  pass(1000)
  expect(budget.reserved).toBe(6)
  expect(await new Response(stream).text()).toBe('abcdef')
  expect(budget.reserved).toBe(0)
})

it('frees its place when the body breaks, and breaks too', async () => {
  const { budget, pass } = start()
  const stream = await budgeted(budget, 6, bodyOf('abc', new Error('cut')).body)
  await expect(new Response(stream).text()).rejects.toThrow('cut')
  pass(1)
  expect(budget.reserved).toBe(0)
})

it('frees its place when the reader leaves, and gives the body up', async () => {
  const { budget, pass } = start()
  const { body, seen } = bodyOf('abc', 'def')
  const reader = (await budgeted(budget, 6, body)).getReader()
  await reader.read()
  await reader.cancel('left')
  pass(1)
  expect(seen.canceled).toBe('left')
  expect(budget.reserved).toBe(0)
})

it('gives the body up when the budget is full', async () => {
  const { budget } = start()
  budget.reserve(996)
  const { body, seen } = bodyOf('abc', 'def')
  await expect(budgeted(budget, 6, body)).rejects.toMatchObject({ code: 'throttled', details: { extra: { scope: 'instance' } } })
  expect(seen.canceled).toBe('given up')
  expect(budget.reserved).toBe(996)
})

it('takes no byte before it is read', async () => {
  const { budget } = start()
  let pulled = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulled += 1
        controller.enqueue(Buffer.from('x'))
      },
    },
    { highWaterMark: 0 },
  )
  const reader = (await budgeted(budget, 6, body)).getReader()
  expect(pulled).toBe(0)
  await reader.read()
  expect(pulled).toBe(1)
  await reader.cancel()
})
