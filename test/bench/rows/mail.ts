import { messageSelect } from '../../../shared/mail/graph-message.ts'
import type { GraphCall, LoadResult, Operation } from '../load/job.ts'
import type { Measurement } from '../measurement.ts'
import { inTurn } from '../progress.ts'
import { BEN, request } from '../rig.ts'
import type { Bench, Row } from '../row.ts'

/** Graph serves four at a time for one mailbox. */
const CONCURRENCY = 4

/** About what Graph takes for a small request. */
const GRAPH_MS = 30
const FAR_REQUESTS = 120

interface Comparison {
  name: 'list' | 'send'
  gateway: { method: string; path: string; body?: object }
  graph: GraphCall
  /** A round at one request at a time, and one at four. */
  requests: { single: number; parallel: number }
}

const subject = 'Benchmark'
const text = 'A short message. '.repeat(60)

/** A page of 25 messages; the gateway asks for one more to know whether a second is complete. */
export const list = row({
  name: 'list',
  gateway: { method: 'GET', path: 'messages?limit=25' },
  graph: {
    get: '/me/mailFolders/inbox/messages',
    select: messageSelect({ body: 'none', headers: false }),
    orderby: 'receivedDateTime desc',
    top: 25,
  },
  requests: { single: 100, parallel: 300 },
})

export const send = row({
  name: 'send',
  gateway: { method: 'POST', path: 'send', body: { to: [BEN], subject, text } },
  graph: {
    post: '/me/sendMail',
    body: {
      message: { subject, toRecipients: [{ emailAddress: { address: BEN } }], body: { contentType: 'text', content: text } },
      saveToSentItems: true,
    },
  },
  requests: { single: 60, parallel: 160 },
})

function row(comparison: Comparison): Row {
  const measure: Row['measure'] = async (bench, rounds, show) => {
    const { gateway, direct } = await operations(bench, comparison)
    const load = await bench.load()
    const { faults } = (await bench.rig()).gateway.cloud
    const runs = (operation: Operation, concurrency: number, requests: number) => () =>
      load.run({ operation, concurrency, requests, seconds: 10 })
    const far = (operation: Operation) => async () => {
      const fault = faults.add({ service: 'graph', delayMs: GRAPH_MS })
      return runs(operation, CONCURRENCY, FAR_REQUESTS)().finally(() => faults.remove(fault))
    }
    const { single, parallel } = comparison.requests
    const work = {
      direct: runs(direct, 1, single),
      gateway: runs(gateway, 1, single),
      directParallel: runs(direct, CONCURRENCY, parallel),
      gatewayParallel: runs(gateway, CONCURRENCY, parallel),
      directFar: far(direct),
      gatewayFar: far(gateway),
    }
    for (const warmUp of Object.values(work)) await warmUp()
    return toMeasurements(comparison.name, await inTurn(rounds, work, show))
  }
  return { name: comparison.name, rounds: 5, measure }
}

async function operations(bench: Bench, { gateway: call, graph }: Comparison): Promise<Record<'gateway' | 'direct', Operation>> {
  const { gateway, account } = await bench.rig()
  const host = gateway.hosts[0]!
  const { accessToken } = JSON.parse(await request(host, 'POST', `/api/accounts/${account}/token`, {})) as { accessToken: string }
  const { method, path, body } = call
  return {
    direct: { kind: 'graph', endpoint: gateway.cloud.graph.url.href, accessToken, call: graph },
    gateway: {
      kind: 'http',
      url: new URL(`/api/accounts/${account}/${path}`, host.url).href,
      method,
      ...(body && { body: JSON.stringify(body) }),
    },
  }
}

type Runs = Record<'direct' | 'gateway' | 'directParallel' | 'gatewayParallel' | 'directFar' | 'gatewayFar', LoadResult[]>

function toMeasurements(name: string, runs: Runs): Measurement[] {
  const of = (series: string, results: LoadResult[], value: (result: LoadResult) => number) => ({
    name: series,
    values: results.map(value),
  })
  const p50 = (result: LoadResult) => result.p50
  const rate = (result: LoadResult) => result.requestsPerSecond
  return [
    {
      row: name,
      what: 'p50, one at a time',
      unit: 'ms',
      yardstick: of('Graph SDK', runs.direct, p50),
      subject: of('gateway', runs.gateway, p50),
      bound: { of: 'difference', direction: 'most', limit: 5 },
    },
    {
      row: name,
      what: 'requests/s, four at a time',
      unit: '/s',
      yardstick: of('Graph SDK', runs.directParallel, rate),
      subject: of('gateway', runs.gatewayParallel, rate),
      bound: { of: 'ratio', direction: 'least', limit: 0.8 },
      note: 'nobody waits here: all processes share the cores, and what the gateway computes comes on top of what the stand-in does',
    },
    {
      row: name,
      what: `the same, Graph waits ${GRAPH_MS} ms`,
      unit: '/s',
      yardstick: of('Graph SDK', runs.directFar, rate),
      subject: of('gateway', runs.gatewayFar, rate),
      note: 'nearer to the real Graph, which takes tens of milliseconds',
    },
  ]
}
