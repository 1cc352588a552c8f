import { setTimeout as wait } from 'node:timers/promises'

import { canReadMemory, residentMb } from '../memory-of.ts'
import { inTurn } from '../progress.ts'
import { request } from '../rig.ts'
import type { Row } from '../row.ts'

/** What a process frees or loads late after its first request. */
const SETTLE_MS = 3_000

/** Resident memory of an idle host after one request. */
export const memory: Row = {
  name: 'memory',
  rounds: 3,
  measure: async (bench, rounds, show) => {
    const common = { row: 'memory', unit: 'MB' }
    const bound = { of: 'difference', direction: 'most', limit: 40 } as const
    if (!canReadMemory) return [{ ...common, what: 'idle', bound }]
    const [{ gateway, startApp }, { helloLikeOurs, echo }] = [await bench.rig(), await bench.apps()]
    const idle = (start: () => ReturnType<typeof startApp>) => async () => {
      const host = await start()
      await request(host, 'GET', '/api/health')
      await wait(SETTLE_MS)
      const used = residentMb(host.process.pid)
      await host.stop()
      return used
    }
    const work = {
      hello: idle(() => startApp(helloLikeOurs)),
      ours: idle(() => gateway.startHost()),
      plain: idle(() => startApp(echo)),
    }
    const used = await inTurn(rounds, work, show)
    const subject = { name: 'dist/app', values: used.ours }
    return [
      {
        ...common,
        what: 'idle',
        yardstick: { name: 'hello, HTTP only', values: used.plain },
        subject,
        bound,
        note: 'whole host process; for timer and queue the local host itself loads storage SDKs, which counts against us here',
      },
      {
        ...common,
        what: 'idle, hello with our triggers',
        yardstick: { name: 'hello, same triggers', values: used.hello },
        subject,
        note: 'what the garbage collector has not yet given back differs from run to run',
      },
    ]
  },
}
