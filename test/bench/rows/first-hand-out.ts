import { join } from 'node:path'

import type { HostProcess } from '../../../sandbox/host-process.ts'
import { OUR_APP } from '../apps.ts'
import type { Measurement } from '../measurement.ts'
import { inTurn } from '../progress.ts'
import { timeToRegistered } from '../registered.ts'
import { request } from '../rig.ts'
import { countRoundTrips, type RoundTrips } from '../round-trips.ts'
import type { Row } from '../row.ts'
import { median } from '../statistics.ts'

interface First {
  /** Milliseconds from the start of a plain Node to all functions registered: the app's part of a start. */
  registered: number
  /** Milliseconds from the start of the host, which loads its own program too. */
  fromStart: number
  /** Milliseconds of the request alone. */
  alone: number
  trips: RoundTrips
}

/** The first token of a new process, which another process had stored, beside the first answer of hello-world. */
export const firstHandOut: Row = {
  name: 'first-hand-out',
  rounds: 5,
  measure: async (bench, rounds, show) => {
    const [{ gateway, account, startApp }, { helloLikeOurs, loader }] = [await bench.rig(), await bench.apps()]
    const answerBytes = Buffer.byteLength(await request(gateway.hosts[0]!, 'POST', `/api/accounts/${account}/token`, {})) - 11
    const first = (folder: string, start: () => Promise<HostProcess>, path: string, body: object) => async (): Promise<First> => {
      const registered = await timeToRegistered(loader, join(folder, 'index.mjs'))
      const began = performance.now()
      const host = await start()
      const ready = performance.now()
      const { trips } = await countRoundTrips(gateway.cloud, () => request(host, 'POST', path, body))
      const end = performance.now()
      await host.stop()
      return { registered, fromStart: end - began, alone: end - ready, trips }
    }
    const work = {
      hello: first(helloLikeOurs, () => startApp(helloLikeOurs), '/api/echo', { answerBytes }),
      ours: first(OUR_APP, () => gateway.startHost(), `/api/accounts/${account}/token`, {}),
    }
    return toMeasurements(await inTurn(rounds, work, show))
  },
}

function toMeasurements({ hello, ours }: Record<'hello' | 'ours', First[]>): Measurement[] {
  const row = 'first-hand-out'
  const of = (runs: First[], value: (run: First) => number) => runs.map(value)
  const { tables, vault, identity, entra } = ours.at(-1)!.trips.counts
  const waited = median(of(ours, ({ trips }) => trips.waitedMs)).toFixed(0)
  const hellos = (value: (run: First) => number) => ({ name: 'hello, same triggers', values: of(hello, value) })
  return [
    {
      row,
      what: 'app start and first answer',
      unit: 'ms',
      yardstick: hellos(({ registered, alone }) => registered + alone),
      subject: { name: 'less round trips', values: of(ours, (run) => run.registered + run.alone - run.trips.waitedMs) },
      bound: { of: 'ratio', direction: 'most', limit: 1.6 },
      note: `start without the local host’s own program; round trips taken off: ${tables} tables, ${vault} Key Vault, ${identity} managed identity, ${entra} Entra, ${waited} ms in the stand-ins`,
    },
    {
      row,
      what: 'first request alone',
      unit: 'ms',
      yardstick: hellos(({ alone }) => alone),
      subject: { name: 'with round trips', values: of(ours, ({ alone }) => alone) },
    },
    {
      row,
      what: 'host start to first answer',
      unit: 'ms',
      yardstick: hellos(({ fromStart }) => fromStart),
      subject: { name: 'with round trips', values: of(ours, ({ fromStart }) => fromStart) },
    },
  ]
}
