import type { Apps } from './apps.ts'
import type { Load } from './load/load.ts'
import type { Measurement } from './measurement.ts'
import type { Rig } from './rig.ts'

/** What rows measure with; each part is made when it is first asked for. */
export interface Bench {
  apps(): Promise<Apps>
  rig(): Promise<Rig>
  load(): Promise<Load>
}

export interface Row {
  name: string
  /** Rounds when the command line names no number. */
  rounds: number
  measure(bench: Bench, rounds: number, show: (text: string) => void): Promise<Measurement[]>
}
