import { expect, it } from 'vitest'

import { inTurn } from './progress.ts'

it('does all work once a round, in turn, and keeps the results apart', async () => {
  const order: string[] = []
  const does = (name: string) => async () => {
    order.push(name)
    return order.length
  }
  const shown: string[] = []
  const results = await inTurn(2, { hello: does('hello'), ours: does('ours') }, (text) => shown.push(text))
  expect(order).toEqual(['hello', 'ours', 'hello', 'ours'])
  expect(results).toEqual({ hello: [1, 3], ours: [2, 4] })
  expect(shown).toEqual(['round 1 of 2', 'round 2 of 2'])
})
