import { percentile } from '../statistics.ts'
import { graphOperation } from './graph-operation.ts'
import { httpOperation } from './http-operation.ts'
import type { Job, LoadResult } from './job.ts'

// A process of its own: the load never shares a thread with the stand-ins.
process.on('message', async (job: Job) => {
  const answer = await run(job).catch((error: unknown) => ({ error: String(error) }))
  process.send?.(answer)
})

async function run({ operation, concurrency, requests, seconds }: Job): Promise<LoadResult> {
  const once = operation.kind === 'http' ? httpOperation(operation, concurrency) : graphOperation(operation)
  const latencies: number[] = []
  let left = requests
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + seconds * 1000
  const lane = async () => {
    while (left > 0 && performance.now() < end) {
      left -= 1
      const began = performance.now()
      await once()
      latencies.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  const elapsed = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return {
    requestsPerSecond: (latencies.length / elapsed) * 1000,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    generatorCpu: (user + system) / 1000 / elapsed,
  }
}
