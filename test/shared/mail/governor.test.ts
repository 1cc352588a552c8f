import { describe, expect, it } from 'vitest'

import type { AppError } from '../../../shared/errors.ts'
import { createGovernor } from '../../../shared/mail/governor.ts'

/** A clock that a test moves; who waits goes on when its time has come. */
function handClock() {
  let time = 0
  let sleepers: { until: number; wake(): void }[] = []
  return {
    now: () => time,
    wait: (ms: number) => new Promise<void>((wake) => sleepers.push({ until: time + ms, wake })),
    async advance(ms: number) {
      time += ms
      const due = sleepers.filter(({ until }) => until <= time)
      sleepers = sleepers.filter((sleeper) => !due.includes(sleeper))
      for (const { wake } of due) wake()
      await settle()
    },
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('Expected a refusal.')
    },
    (error: AppError) => error,
  )

/** Asks for `count` places; what was let in so far, in order, with the function that leaves. */
function ask(governor: ReturnType<typeof createGovernor>, key: string, count: number) {
  const inside: { number: number; leave(): void }[] = []
  for (let number = 0; number < count; number += 1) {
    void governor.acquire(key).then(
      (leave) => inside.push({ number, leave }),
      () => undefined,
    )
  }
  return inside
}

describe('the governor', () => {
  it('lets four in, and the others in the order of their coming', async () => {
    const governor = createGovernor(handClock())
    const inside = ask(governor, 'a', 50)
    for (let left = 0; left < 50; left += 1) {
      await settle()
      expect(inside.length).toBe(Math.min(left + 4, 50))
      inside[left]?.leave()
    }
    expect(inside.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, index) => index))
  })

  it('counts a place that is given back twice once', async () => {
    const governor = createGovernor(handClock())
    const inside = ask(governor, 'a', 6)
    await settle()
    inside[0]?.leave()
    inside[0]?.leave()
    await settle()
    expect(inside).toHaveLength(5)
  })

  it('does not let one mailbox wait for another', async () => {
    const governor = createGovernor(handClock())
    ask(governor, 'a', 10)
    const other = ask(governor, 'b', 4)
    await settle()
    expect(other).toHaveLength(4)
  })

  it('refuses the 101st that would wait', async () => {
    const governor = createGovernor(handClock())
    ask(governor, 'a', 104)
    expect(await refusal(governor.acquire('a'))).toMatchObject({ code: 'throttled', details: { extra: { scope: 'instance' } } })
  })

  it('forgets a mailbox that nobody uses', async () => {
    const clock = handClock()
    const governor = createGovernor(clock)
    const inside = ask(governor, 'a', 5)
    governor.pause('b', 1_000)
    await settle()
    expect(governor.size).toBe(2)
    for (const { leave } of inside) leave()
    await settle()
    inside.at(-1)?.leave()
    await clock.advance(1_000)
    expect(governor.size).toBe(0)
  })

  it('gives up waiting when the call is over, and forgets it', async () => {
    const governor = createGovernor(handClock())
    const inside = ask(governor, 'a', 4)
    const over = new AbortController()
    const waiting = refusal(governor.acquire('a', over.signal))
    const behind = ask(governor, 'a', 1)
    over.abort()
    expect(await waiting).toMatchObject({ code: 'throttled', details: { extra: { scope: 'mailbox' } } })
    await settle()
    inside[0]?.leave()
    await settle()
    expect(behind).toHaveLength(1)
    expect(await refusal(governor.acquire('a', over.signal))).toMatchObject({ code: 'throttled' })
  })
})

describe('a pause', () => {
  it('holds the next calls of that mailbox until it is over', async () => {
    const clock = handClock()
    const governor = createGovernor(clock)
    governor.pause('a', 5_000)
    const [held, free] = [ask(governor, 'a', 2), ask(governor, 'b', 1)]
    await clock.advance(4_999)
    expect([held.length, free.length]).toEqual([0, 1])
    await clock.advance(1)
    expect(held).toHaveLength(2)
  })

  it('that becomes longer is waited to its new end', async () => {
    const clock = handClock()
    const governor = createGovernor(clock)
    governor.pause('a', 5_000)
    const held = ask(governor, 'a', 1)
    governor.pause('a', 8_000)
    governor.pause('a', 1_000)
    await clock.advance(5_000)
    expect(held).toHaveLength(0)
    await clock.advance(3_000)
    expect(held).toHaveLength(1)
  })

  it('of more than 30 s is told to who waits and who comes', async () => {
    const clock = handClock()
    const governor = createGovernor(clock)
    ask(governor, 'a', 4)
    const waiting = refusal(governor.acquire('a'))
    governor.pause('a', 40_000)
    const told = { code: 'throttled', details: { retryAfter: 40, extra: { scope: 'mailbox' } } }
    expect(await waiting).toMatchObject(told)
    expect(await refusal(governor.acquire('a'))).toMatchObject(told)
    await clock.advance(15_000)
    const late = governor.acquire('a')
    await clock.advance(25_000)
    expect(await Promise.race([late, Promise.resolve('full')])).toBe('full')
  })

  it('never lasts longer than the window in which Graph counts', async () => {
    const clock = handClock()
    const governor = createGovernor(clock)
    governor.pause('a', 24 * 3_600_000)
    expect((await refusal(governor.acquire('a'))).details.retryAfter).toBe(600)
  })
})
