import { setTimeout as wait } from 'node:timers/promises'

const POLL_MS = 20
const PATIENCE_MS = 20_000

/** Waits until something that another process does has happened; fails, by name, when it does not. */
export async function eventually(what: string, happened: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await happened())) {
    if (performance.now() > deadline) throw new Error(`Did not happen: ${what}`)
    await wait(POLL_MS)
  }
}
