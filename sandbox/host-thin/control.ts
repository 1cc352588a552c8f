import { createServer, type IncomingMessage, type Server } from 'node:http'

import { setClockOffset } from '../clock.ts'
import type { Invoker } from './invocation.ts'
import type { QueueListener } from './queue-listener.ts'
import type { TimerListener } from './timer-listener.ts'

const SETTLE_MS = 60_000

export interface ControlOptions {
  invoker: Invoker
  timers: TimerListener[]
  queues: QueueListener[]
}

/** The sandbox's own door to a host: its clock, and waiting until nothing is left to do. Not a part of Azure. */
export function createControl(options: ControlOptions): Server {
  return createServer((request, response) => {
    answer(options, request)
      .then((status) => response.writeHead(status).end())
      .catch((error: Error) => response.writeHead(504).end(error.message))
  })
}

async function answer({ invoker, timers, queues }: ControlOptions, request: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const [, path = '', name, verb] = (request.url ?? '').split('/')
  if (request.method !== 'POST') return 404
  switch (path) {
    case 'clock': {
      const { offsetMs } = JSON.parse(Buffer.concat(chunks).toString()) as { offsetMs: number }
      setClockOffset(offsetMs)
      await Promise.all(timers.map((timer) => timer.catchUp()))
      return 200
    }
    case 'settle':
      await Promise.all(queues.map((queue) => queue.settle(SETTLE_MS)))
      await invoker.idle()
      return 200
    case 'timers': {
      const timer = timers.find((one) => one.name === name)
      if (!timer || verb !== 'run') return 404
      return (await timer.run()) ? 200 : 409
    }
    default:
      return 404
  }
}
