import { readFileSync } from 'node:fs'

const MB = 1_048_576

/** Only Linux says it in `/proc`. */
export const canReadMemory = process.platform === 'linux'

/** Resident memory of a process now, in MB. */
export function residentMb(pid: number | undefined): number {
  return (Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024) / MB
}
