import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'

import type { Cloud } from '../../sandbox/cloud.ts'
import { covered } from './statistics.ts'

export interface RoundTrips {
  /** Requests by service. */
  counts: { tables: number; vault: number; identity: number; entra: number }
  /** Milliseconds in which at least one of them was being answered; without connecting and TLS. */
  waitedMs: number
}

type Service = keyof RoundTrips['counts']

/** Counts what the cloud's servers in this process are asked while `work` runs; only tables are the app's own storage, the rest is the host's. */
export async function countRoundTrips<T>(cloud: Cloud, work: () => Promise<T>): Promise<{ result: T; trips: RoundTrips }> {
  const services = new Map<string, Service>([
    [new URL(cloud.azurite.tableUrl).port, 'tables'],
    [cloud.vault.url.port, 'vault'],
    [new URL(cloud.identity.endpoint).port, 'identity'],
    [cloud.entra.url.port, 'entra'],
  ])
  const counts = { tables: 0, vault: 0, identity: 0, entra: 0 }
  const started = new Map<IncomingMessage, number>()
  const intervals: [number, number][] = []
  const onStart = (message: unknown) => {
    const { request } = message as { request: IncomingMessage }
    const service = services.get(String(request.socket.localPort))
    if (!service) return
    counts[service] += 1
    started.set(request, performance.now())
  }
  const onFinish = (message: unknown) => {
    const { request } = message as { request: IncomingMessage }
    const start = started.get(request)
    if (start !== undefined) intervals.push([start, performance.now()])
  }
  subscribe('http.server.request.start', onStart)
  subscribe('http.server.response.finish', onFinish)
  try {
    const result = await work()
    return { result, trips: { counts, waitedMs: covered(intervals) } }
  } finally {
    unsubscribe('http.server.request.start', onStart)
    unsubscribe('http.server.response.finish', onFinish)
  }
}
