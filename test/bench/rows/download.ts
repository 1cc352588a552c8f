import { canReadMemory, residentMb } from '../memory-of.ts'
import { inTurn } from '../progress.ts'
import { ADELE } from '../rig.ts'
import type { Row } from '../row.ts'

const BYTES = 100_000_000
const SAMPLE_MS = 10

/** What a host needs more while one client takes 100 MB at full speed. */
export const download: Row = {
  name: 'download',
  rounds: 3,
  measure: async (bench, rounds, show) => {
    const common = { row: 'download', what: 'added while 100 MB pass', unit: 'MB' }
    const bound = { of: 'difference', direction: 'most', limit: 64 } as const
    if (!canReadMemory) return [{ ...common, bound }]
    const { gateway, account } = await bench.rig()
    const host = await gateway.startHost()
    const file = { name: 'big.bin', contentType: 'application/x-bench', bytes: BYTES }
    const { immutableId, attachmentId } = gateway.cloud.graph.addAttachmentMessage(ADELE, file)
    const url = new URL(`/api/accounts/${account}/messages/${immutableId}/attachments/${attachmentId}`, host.url)
    const take = () => peakWhile(host.process.pid, () => takeAll(url))
    try {
      // The first one loads code and grows the heap to its working size.
      await take()
      const { taken } = await inTurn(rounds, { taken: take }, show)
      const series = (name: 'before' | 'peak') => ({ name, values: taken.map((one) => one[name]) })
      return [{ ...common, yardstick: series('before'), subject: series('peak'), bound }]
    } finally {
      await host.stop()
    }
  },
}

async function peakWhile(pid: number | undefined, work: () => Promise<void>): Promise<{ before: number; peak: number }> {
  const before = residentMb(pid)
  let peak = before
  const sample = () => {
    peak = Math.max(peak, residentMb(pid))
  }
  const sampling = setInterval(sample, SAMPLE_MS)
  await work().finally(() => clearInterval(sampling))
  sample()
  return { before, peak }
}

async function takeAll(url: URL): Promise<void> {
  const response = await fetch(url)
  let got = 0
  for await (const chunk of response.body ?? []) got += chunk.length
  if (response.status !== 200 || got !== BYTES) throw new Error(`The download answered ${response.status} and ${got} bytes.`)
}
