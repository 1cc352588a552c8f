import type { LoadResult } from '../load/job.ts'
import type { Measurement } from '../measurement.ts'
import { inTurn } from '../progress.ts'
import { request } from '../rig.ts'
import type { Row } from '../row.ts'
import { median } from '../statistics.ts'

const CONCURRENCY = 16
const SECONDS = 2
const ASK = { minValidity: 300 }

/** Cached token hand-out through the local host, beside an echo of the same size in the same host program. */
export const handOut: Row = {
  name: 'hand-out',
  rounds: 5,
  measure: async (bench, rounds, show) => {
    const [{ gateway, account, startApp }, { helloLikeOurs, echo }, load] = [
      await bench.rig(),
      await bench.apps(),
      await bench.load(),
    ]
    const host = gateway.hosts[0]!
    const path = `/api/accounts/${account}/token`
    // `{"text":"…"}` around the letters.
    const answerBytes = Buffer.byteLength(await request(host, 'POST', path, ASK)) - 11
    const [same, plain] = [await startApp(helloLikeOurs), await startApp(echo)]
    const loads = (url: URL, body: object) => () =>
      load.run({
        operation: { kind: 'http', url: url.href, method: 'POST', body: JSON.stringify(body) },
        concurrency: CONCURRENCY,
        requests: Number.MAX_SAFE_INTEGER,
        seconds: SECONDS,
      })
    const work = {
      hello: loads(new URL('/api/echo', same.url), { answerBytes }),
      ours: loads(new URL(path, host.url), ASK),
      plain: loads(new URL('/api/echo', plain.url), { answerBytes }),
    }
    try {
      for (const warmUp of Object.values(work)) await warmUp()
      return toMeasurements(await inTurn(rounds, work, show), answerBytes)
    } finally {
      await Promise.all([same.stop(), plain.stop()])
    }
  },
}

function toMeasurements(runs: Record<'hello' | 'ours' | 'plain', LoadResult[]>, answerBytes: number): Measurement[] {
  const of = (name: string, results: LoadResult[], value: (result: LoadResult) => number) => ({
    name,
    values: results.map(value),
  })
  const rate = ({ requestsPerSecond }: LoadResult) => requestsPerSecond
  const cpu = (median([...runs.hello, ...runs.ours].map(({ generatorCpu }) => generatorCpu)) * 100).toFixed(0)
  const row = 'hand-out'
  const latency = (what: 'p50' | 'p99') => ({
    row,
    what,
    unit: 'ms',
    yardstick: of('echo, streaming', runs.hello, (result) => result[what]),
    subject: of('POST …/token', runs.ours, (result) => result[what]),
  })
  return [
    {
      row,
      what: 'requests/s',
      unit: '/s',
      yardstick: of('echo, streaming', runs.hello, rate),
      subject: of('POST …/token', runs.ours, rate),
      bound: { of: 'ratio', direction: 'least', limit: 0.8 },
      note: `${CONCURRENCY} at a time; the echo reads a JSON body and answers ${answerBytes} bytes, as the hand-out does; same triggers, HTTP streaming on; the load generator took ${cpu} % of a core`,
    },
    latency('p50'),
    { ...latency('p99'), bound: { of: 'ratio', direction: 'most', limit: 2 } },
    {
      row,
      what: 'requests/s, plain',
      unit: '/s',
      yardstick: of('echo, not streaming', runs.plain, rate),
      subject: of('POST …/token', runs.ours, rate),
      note: 'the local host serves an app without streaming in-process; Azure has a process in between either way',
    },
  ]
}
