import { expect, it } from 'vitest'

import { mapLimited } from '../../../shared/mail/map-limited.ts'

it('works on as many as it may, and answers in the order of the items', async () => {
  const waiting: (() => void)[] = []
  let [atWork, most] = [0, 0]
  const results = mapLimited([1, 2, 3, 4, 5], 2, async (item) => {
    atWork += 1
    most = Math.max(most, atWork)
    await new Promise<void>((resolve) => waiting.push(resolve))
    atWork -= 1
    return item * 10
  })
  for (let done = 0; done < 5; done += 1) {
    // The latest first: the order of the results is that of the items all the same.
    waiting.pop()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await results).toEqual([10, 20, 30, 40, 50])
  expect(most).toBe(2)
})

it('begins nothing new after a failure', async () => {
  const begun: number[] = []
  const work = async (item: number) => {
    begun.push(item)
    if (item === 2) throw new Error('two')
    await new Promise((resolve) => setImmediate(resolve))
  }
  await expect(mapLimited([1, 2, 3, 4, 5], 2, work)).rejects.toThrow('two')
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toEqual([1, 2])
})

it('has nothing to do for nothing', async () => {
  expect(await mapLimited([], 3, async () => 1)).toEqual([])
})
