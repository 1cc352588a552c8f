import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { generatedBytes } from '../../sandbox/graph/store/generated.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'

const BEN = 'ben@contoso.test'
const SIZE = 100_000_000
let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway()
  await gateway.connect(BEN)
})
afterAll(() => gateway.close())

/** Resident memory of a process in bytes; Linux only. */
function residentBytes(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

describe('a 100 MB attachment', () => {
  it('arrives byte for byte although the connection to Graph breaks twice', async () => {
    const big = gateway.cloud.graph.addAttachmentMessage(BEN, { name: 'big.bin', contentType: 'application/x-test', bytes: SIZE })
    gateway.cloud.faults.add({ service: 'graph', match: { path: 'value$' }, cutAfterBytes: 40_000_000, times: 2 })
    const path = `/api/accounts/${BEN}/messages/${big.immutableId}/attachments/${big.attachmentId}`
    const response = await fetch(new URL(path, gateway.baseUrl))
    expect(response.headers.get('content-length')).toBe(String(SIZE))
    const [got, expected] = [createHash('sha256'), createHash('sha256')]
    for await (const chunk of response.body ?? []) got.update(chunk)
    for (const chunk of generatedBytes(big.seed, SIZE)) expected.update(chunk)
    expect(got.digest('hex')).toBe(expected.digest('hex'))
  })

  it.runIf(process.platform === 'linux')('is not held in memory while a client takes it at full speed', async () => {
    const { pid } = (gateway.hosts[0] as { process: { pid?: number } }).process
    const big = gateway.cloud.graph.addAttachmentMessage(BEN, { name: 'big.bin', contentType: 'application/x-test', bytes: SIZE })
    const path = `/api/accounts/${BEN}/messages/${big.immutableId}/attachments/${big.attachmentId}`
    const download = async () => {
      const response = await fetch(new URL(path, gateway.baseUrl))
      let peak = 0
      for await (const _chunk of response.body ?? []) peak = Math.max(peak, residentBytes(pid))
      return peak
    }
    await download()
    const before = residentBytes(pid)
    const peak = await download()
    expect(peak - before).toBeLessThan(64 * 1_048_576)
  })
})
