import { type Apps, buildApps } from './apps.ts'
import { type Load, startLoad } from './load/load.ts'
import { type Rig, startRig } from './rig.ts'
import type { Bench } from './row.ts'

/** What several rows share, made on first use and closed in the end. */
export function createBench(): Bench & { close(): Promise<void> } {
  let apps: Promise<Apps> | undefined
  let rig: Promise<Rig> | undefined
  let load: Promise<Load> | undefined
  const bench: Bench = {
    apps: () => {
      apps ??= buildApps()
      return apps
    },
    rig: () => {
      rig ??= startRig()
      return rig
    },
    load: () => {
      load ??= bench.rig().then(({ gateway }) => startLoad(gateway.cloud.caFile))
      return load
    },
  }
  return {
    ...bench,
    close: async () => {
      ;(await load)?.close()
      await (await rig)?.close()
      ;(await apps)?.remove()
    },
  }
}
