import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ADELE_OID } from '../../sandbox/people.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'

const ADELE = 'adele@contoso.test'
const RUNS = 20
let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway({ hosts: 3 })
  await gateway.connect(ADELE)
})
afterAll(() => gateway.close())

describe('R1: 50 parallel requests and the timer, three processes, one expired account', () => {
  it.each(Array.from({ length: RUNS }, (_, run) => run + 1))('run %i makes one refresh at Entra', async () => {
    const { entra, hosts, journal } = gateway.cloud
    entra.setTokenLifetime({ seconds: 120 })
    await gateway.api('POST', `/api/accounts/${ADELE}/refresh`)
    await hosts.advance(30_000)
    await hosts.settle()
    entra.setTokenLifetime({ seconds: 3600 })
    journal.clear()
    const timers = gateway.hosts.map((host) => fetch(new URL('/timers/refreshTimer/run', host.control), { method: 'POST' }))
    const asked = Array.from({ length: 50 }, (_, host) =>
      gateway.api('POST', `/api/accounts/${ADELE}/token`, { body: {}, host: host % 3 }),
    )
    const answers = await Promise.all(asked)
    await Promise.all(timers)
    await hosts.settle()
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    expect(journal.list('entra', { grantType: 'refresh_token', oid: ADELE_OID })).toHaveLength(1)
  })
})
