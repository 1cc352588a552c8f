import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import type { Job, LoadResult } from './job.ts'

export interface Load {
  /** @throws Error when a request fails */
  run(job: Job): Promise<LoadResult>
  close(): void
}

/** A load generator in a process of its own, which trusts the sandbox's certificates. */
export function startLoad(caFile: string): Load {
  const child = fork(join(import.meta.dirname, 'child.ts'), { env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile } })
  const exited = once(child, 'exit').then(([code]): never => {
    throw new Error(`The load generator ended with ${code}.`)
  })
  exited.catch(() => {})
  return {
    run: async (job) => {
      const answered = once(child, 'message')
      child.send(job)
      const [answer] = await Promise.race([answered, exited])
      if ('error' in answer) throw new Error(answer.error)
      return answer as LoadResult
    },
    close: () => child.kill(),
  }
}
