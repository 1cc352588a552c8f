import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

import { setClockOffset } from '../clock.ts'
import type { Activity } from './activity.ts'
import { errorMessage } from './invocation.ts'
import type { QueueListener } from './queue-listener.ts'
import { readBody } from './request-body.ts'
import type { TimerListener } from './timer-listener.ts'

const BODY_LIMIT = 65_536
const SETTLE_LIMIT_MS = 60_000

export interface ControlOptions {
  timers: TimerListener[]
  queues: QueueListener[]
  activity: Activity
}

interface Answer {
  status: number
  body: object
}

/** What the sandbox and tests steer a host by. Not a part of Azure; the app does not see it. */
export function createControl(options: ControlOptions): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => {
    answer(options, incoming)
      .catch((error): Answer => ({ status: 400, body: { error: errorMessage(error) } }))
      .then(({ status, body }) => outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)))
  }
}

async function answer(options: ControlOptions, incoming: IncomingMessage): Promise<Answer> {
  const [, area, name, action] = (incoming.url ?? '').split('/')
  if (incoming.method !== 'POST') return notFound
  if (area === 'clock' && !name) return moveClock(options, incoming)
  if (area === 'settle' && !name) return settle(options)
  if (area === 'timers' && name && action === 'run') return runTimer(options, decodeURIComponent(name))
  return notFound
}

const notFound: Answer = { status: 404, body: { error: 'There is POST /clock, POST /settle and POST /timers/{name}/run.' } }

/** Answers when every timer that fell due by it has finished, here or by having been left to another host. */
async function moveClock({ timers, queues }: ControlOptions, incoming: IncomingMessage): Promise<Answer> {
  const { offsetMs } = JSON.parse((await readBody(incoming, BODY_LIMIT)).toString('utf8')) as { offsetMs?: unknown }
  if (typeof offsetMs !== 'number' || !Number.isFinite(offsetMs)) throw new Error('offsetMs is a number of milliseconds.')
  setClockOffset(offsetMs)
  await Promise.all(timers.map((timer) => timer.check()))
  // A message that was hidden for a time may have become visible.
  for (const queue of queues) queue.wake()
  return { status: 200, body: { offsetMs } }
}

/** Answers when no function runs and no message is visible, or 504. */
async function settle({ queues, activity }: ControlOptions): Promise<Answer> {
  const limit = new AbortController()
  const tooLate = wait(SETTLE_LIMIT_MS, { status: 504, body: { error: 'Still at work.' } }, { signal: limit.signal })
  try {
    return await Promise.race([untilQuiet(queues, activity, limit.signal), tooLate])
  } finally {
    limit.abort()
    await tooLate.catch(() => undefined)
  }
}

async function untilQuiet(queues: QueueListener[], activity: Activity, signal: AbortSignal): Promise<Answer> {
  while (!signal.aborted) {
    await activity.idle()
    const found = await Promise.all(queues.map((queue) => queue.pollNow()))
    if (activity.running === 0 && found.every((count) => count === 0)) break
  }
  return { status: 200, body: {} }
}

async function runTimer({ timers }: ControlOptions, name: string): Promise<Answer> {
  const timer = timers.find((one) => one.name === name)
  if (!timer) return { status: 404, body: { error: `There is no timer '${name}'.` } }
  if (await timer.runNow()) return { status: 200, body: {} }
  return { status: 409, body: { error: `Another host has the lease of '${name}', or the storage cannot be reached.` } }
}
