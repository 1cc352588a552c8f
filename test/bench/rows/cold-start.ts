import { join } from 'node:path'

import { OUR_APP } from '../apps.ts'
import { inTurn } from '../progress.ts'
import { timeToRegistered } from '../registered.ts'
import type { Row } from '../row.ts'

/** Process start to all functions registered, in plain Node with a stand-in for the host's module. */
export const coldStart: Row = {
  name: 'cold-start',
  rounds: 9,
  measure: async (bench, rounds, show) => {
    const { loader, hello, unbundled } = await bench.apps()
    const loads = (entry: string) => () => timeToRegistered(loader, entry)
    const work = {
      hello: loads(join(hello, 'index.mjs')),
      ours: loads(join(OUR_APP, 'index.mjs')),
      unbundled: loads(join(unbundled, 'functions/index.js')),
    }
    // The first run of each fills the file cache of the operating system.
    for (const load of Object.values(work)) await load()
    const times = await inTurn(rounds, work, show)
    const yardstick = { name: 'hello-world', values: times.hello }
    const common = { row: 'cold-start', unit: 'ms', yardstick }
    return [
      {
        ...common,
        what: 'bundle',
        subject: { name: 'dist/app', values: times.ours },
        bound: { of: 'ratio', direction: 'most', limit: 1.4 },
        note: 'process start to all functions registered, without a host; both bundled with the same options',
      },
      { ...common, what: 'not bundled', subject: { name: 'compiled files', values: times.unbundled } },
    ]
  },
}
