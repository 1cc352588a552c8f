import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { type Azurite, startAzurite } from '../../../sandbox/azurite.ts'
import { type HostRun, runHost } from './run-host.ts'

interface Run {
  on: string
  isPastDue: boolean
  scheduleStatus: { last: string; next: string } | null
}

const MINUTE_MS = 60_000
/** The hosts' time, as it was announced: far from the next occurrence of any schedule used here. */
const START = Date.parse('2027-03-01T10:01:00Z')

let azurite: Azurite
beforeAll(async () => {
  azurite = await startAzurite()
})
afterAll(() => azurite.close())

/** The sandbox's side of the shared clock. */
async function startClock() {
  const controls = new Set<string>()
  const offset = { ms: START - Date.now() }
  const server = createServer(async (incoming, outgoing) => {
    if (incoming.method === 'POST') controls.add(((await json(incoming)) as { control: string }).control)
    if (incoming.method === 'DELETE') controls.delete(((await json(incoming)) as { control: string }).control)
    outgoing.end(JSON.stringify({ offsetMs: offset.ms }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  const advance = async (ms: number) => {
    offset.ms += ms
    const body = JSON.stringify({ offsetMs: offset.ms })
    const answers = await Promise.all([...controls].map((control) => fetch(`${control}/clock`, { method: 'POST', body })))
    expect(answers.map(({ status }) => status)).toEqual([...controls].map(() => 200))
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, controls, advance }
}

let storages = 0

/** Hosts of the timer app that share a clock and locks nobody else has. */
async function startTimerApp(settings: Record<string, string> = {}) {
  const clock = await startClock()
  storages += 1
  const shared = {
    AzureWebJobsStorage: azurite.connectionString,
    AzureFunctionsWebHost__hostid: `test-${storages}`,
    TICK_SCHEDULE: '0 */5 * * * *',
    ...settings,
  }
  const start = () => runHost('timers', shared, ['--clock', clock.url])
  return { clock, start }
}

function runsOf(host: HostRun): Promise<Run[]> {
  return host.get<Run[]>('/api/runs')
}

describe('a timer', () => {
  test('fires when the shared clock passes its occurrence, and has ended when that is answered', async () => {
    const { clock, start } = await startTimerApp()
    const host = await start()
    await clock.advance(3 * MINUTE_MS)
    expect(await runsOf(host)).toEqual([])
    await clock.advance(1.5 * MINUTE_MS)
    const [run, ...more] = await runsOf(host)
    expect(more).toEqual([])
    expect(run).toMatchObject({
      isPastDue: false,
      on: expect.stringMatching(/^2027-03-01T10:05/),
      scheduleStatus: { last: '0001-01-01T00:00:00+00:00', next: '2027-03-01T10:05:00+00:00' },
    })
  })

  test('fires once, past due, for many occurrences that fell due together', async () => {
    const { clock, start } = await startTimerApp()
    const host = await start()
    await clock.advance(7 * 24 * 60 * MINUTE_MS)
    expect((await runsOf(host)).map(({ isPastDue }) => isPastDue)).toEqual([true])
    await clock.advance(5 * MINUTE_MS)
    expect(await runsOf(host)).toHaveLength(2)
  })

  test('fires again after the clock was moved back', async () => {
    const { clock, start } = await startTimerApp()
    const host = await start()
    await clock.advance(60 * MINUTE_MS)
    await clock.advance(-60 * MINUTE_MS)
    expect(await runsOf(host)).toHaveLength(1)
    await clock.advance(5 * MINUTE_MS)
    expect(await runsOf(host)).toHaveLength(2)
  })

  test('fires by itself as real time passes, without a status when its period is short', async () => {
    const { start } = await startTimerApp({ TICK_SCHEDULE: '* * * * * *' })
    const host = await start()
    let runs: Run[] = []
    while (runs.length < 2) runs = await runsOf(host)
    expect(runs[0]!.scheduleStatus).toBeNull()
    const [first, second] = runs.map(({ on }) => Math.floor(Date.parse(on) / 1000))
    expect(second).toBeGreaterThan(first!)
  })

  test('runs on one of two hosts, and on the other when that one has stopped', async () => {
    const { clock, start } = await startTimerApp()
    const first = await start()
    const second = await start()
    for (let occurrence = 0; occurrence < 3; occurrence += 1) await clock.advance(5 * MINUTE_MS)
    expect(await runsOf(first)).toHaveLength(3)
    expect(await runsOf(second)).toEqual([])
    expect((await second.steer('/timers/tick/run')).status).toBe(409)

    await first.stop()
    await clock.advance(1)
    expect(await runsOf(second)).toEqual([])
    await clock.advance(5 * MINUTE_MS)
    expect(await runsOf(second)).toHaveLength(1)
  })

  test('makes up for an occurrence that was missed while no host ran', async () => {
    const { clock, start } = await startTimerApp()
    const first = await start()
    await clock.advance(5 * MINUTE_MS)
    await first.stop()
    await clock.advance(60 * MINUTE_MS)
    const second = await start()
    let runs: Run[] = []
    while (runs.length === 0) runs = await runsOf(second)
    expect(runs[0]).toMatchObject({ isPastDue: true, scheduleStatus: { last: expect.stringMatching(/^2027-03-01T10:0[56]/) } })
  })

  test('runs when told to, by the control server or the admin API', async () => {
    const { start } = await startTimerApp()
    const host = await start()
    expect((await host.steer('/timers/tick/run')).status).toBe(200)
    expect(await runsOf(host)).toHaveLength(1)
    expect((await fetch(`${host.url}/admin/functions/tick`, { method: 'POST', body: '{"input":""}' })).status).toBe(202)
    await host.steer('/settle')
    expect(await runsOf(host)).toHaveLength(2)
    expect((await host.steer('/timers/none/run')).status).toBe(404)
  })

  test('that throws is logged and fires at its next occurrence', async () => {
    const { clock, start } = await startTimerApp({ TICK_FAILS: 'yes' })
    const host = await start()
    await clock.advance(5 * MINUTE_MS)
    await host.logged('error Function.tick the timer broke')
    await clock.advance(5 * MINUTE_MS)
    expect(await runsOf(host)).toHaveLength(2)
  })
})

describe('the shared clock', () => {
  test('is told of a host that starts and of one that stops', async () => {
    const { clock, start } = await startTimerApp()
    const host = await start()
    expect([...clock.controls]).toEqual([host.control])
    await host.stop()
    expect([...clock.controls]).toEqual([])
  })

  test('refuses an offset that is no number', async () => {
    const { start } = await startTimerApp()
    expect((await (await start()).steer('/clock', { offsetMs: 'soon' })).status).toBe(400)
  })
})
