import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Account } from '../../../shared/accounts/account.ts'
import { backOffMs, decideRefresh, isFresh } from '../../../shared/accounts/refresh-decision.ts'

const NOW = Date.parse('2026-11-25T12:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const at = (ms: number) => new Date(NOW + ms).toISOString()

function account(more: Partial<Account> = {}): Account {
  return {
    id: 'acc_x',
    owner: 'host-key',
    provider: 'default',
    kind: 'delegated',
    mailbox: 'a@b.test',
    userPrincipalName: 'a@b.test',
    displayName: 'A',
    tenantId: 't',
    userId: 'u',
    status: 'connected',
    permissions: ['send'],
    scopes: [],
    slots: { graph: { expiresOn: at(10 * MINUTE), refreshedOn: at(-HOUR) } },
    refreshDueOn: at(0),
    createdOn: at(-30 * DAY),
    generation: 1,
    failures: 0,
    ...more,
  }
}

describe('decideRefresh', () => {
  it('renews an account in use from 15 minutes before expiry', () => {
    expect(decideRefresh(account(), at(-HOUR), NOW, 0)).toMatchObject({ should: true, reason: 'expiring' })
    const later = account({ slots: { graph: { expiresOn: at(HOUR), refreshedOn: at(0) } } })
    expect(decideRefresh(later, at(-HOUR), NOW, 0)).toEqual({ should: false, reason: 'not_due', at: '2026-11-25T12:45:00Z' })
  })

  it('leaves an idle account alone until 7 ± 1 days have passed', () => {
    const idle = (days: number) => account({ slots: { graph: { expiresOn: at(0), refreshedOn: at(-days * DAY) } } })
    expect(decideRefresh(idle(5.9), at(-3 * DAY), NOW, 0).should).toBe(false)
    expect(decideRefresh(idle(6.1), at(-3 * DAY), NOW, 0)).toMatchObject({ should: true, reason: 'keep_alive' })
    expect(decideRefresh(idle(7.9), undefined, NOW, 0.999).should).toBe(false)
    expect(decideRefresh(idle(8.1), undefined, NOW, 0.999).should).toBe(true)
  })

  it('tries a blocked account again after a day and never one that needs its person', () => {
    const blocked = (hours: number) => account({ status: 'blocked', refreshDueOn: at(hours * HOUR) })
    expect(decideRefresh(blocked(1), at(0), NOW, 0).should).toBe(false)
    expect(decideRefresh(blocked(-1), at(0), NOW, 0)).toMatchObject({ should: true, reason: 'blocked_retry' })
    expect(decideRefresh(account({ status: 'reconnect_required' }), at(0), NOW, 0)).toMatchObject({
      should: false,
      reason: 'reconnect_required',
    })
  })

  it('always looks again before Entra’s 90 days are over, and never later than now when due', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.integer({ min: 0, max: 8 * DAY }),
        fc.boolean(),
        (jitter, age, used) => {
          const one = account({ slots: { graph: { refreshedOn: at(-age), expiresOn: at(-age + HOUR) } } })
          const decision = decideRefresh(one, used ? at(-HOUR) : undefined, NOW, jitter)
          expect(Date.parse(decision.at)).toBeLessThanOrEqual(
            NOW - age + 8 * DAY + 1000 > NOW ? NOW - age + 8 * DAY + 1000 : NOW + 1000,
          )
        },
      ),
    )
  })

  it('spreads accounts of the same minute', () => {
    const fresh = account({ slots: { graph: { expiresOn: at(HOUR), refreshedOn: at(0) } } })
    expect(decideRefresh(fresh, at(0), NOW, 0).at).not.toBe(decideRefresh(fresh, at(0), NOW, 0.9).at)
  })
})

describe('isFresh', () => {
  it('asks for the life that is left, not for any', () => {
    expect(isFresh(account(), 'graph', 10 * MINUTE, NOW)).toBe(true)
    expect(isFresh(account(), 'graph', 10 * MINUTE + 1, NOW)).toBe(false)
    expect(isFresh(account(), 'outlook', 0, NOW)).toBe(false)
  })
})

describe('backOffMs', () => {
  it('grows, honours Retry-After and never passes ten minutes', () => {
    expect(backOffMs(1, undefined, 0.5)).toBe(5000)
    expect(backOffMs(3, undefined, 0.5)).toBe(20_000)
    expect(backOffMs(1, 120, 0.5)).toBe(120_000)
    expect(backOffMs(50, 9000, 0.99)).toBe(10 * MINUTE)
  })
})
