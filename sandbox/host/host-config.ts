import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What this host honours of host.json (https://learn.microsoft.com/azure/azure-functions/functions-host-json). */
export interface HostConfig {
  routePrefix: string
  queues: QueuesConfig
}

/** https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#hostjson-settings */
export interface QueuesConfig {
  messageEncoding: 'base64' | 'none'
  batchSize: number
  newBatchThreshold: number
  maxDequeueCount: number
  visibilityTimeoutMs: number
  maxPollingIntervalMs: number
}

interface HostJson {
  extensions?: {
    http?: { routePrefix?: string }
    queues?: {
      messageEncoding?: string
      batchSize?: number | string
      newBatchThreshold?: number | string
      maxDequeueCount?: number | string
      visibilityTimeout?: string
      maxPollingInterval?: string
    }
  }
}

const OVERRIDE_PREFIX = 'AzureFunctionsJobHost__'
const MAX_BATCH_SIZE = 32

/** Reads host.json; settings named `AzureFunctionsJobHost__a__b` override its values, as in Azure. */
export function readHostConfig(appFolder: string, env: NodeJS.ProcessEnv): HostConfig {
  const hostJson = override(JSON.parse(readFileSync(join(appFolder, 'host.json'), 'utf8')), env) as HostJson
  const { http = {}, queues = {} } = hostJson.extensions ?? {}
  const batchSize = Number(queues.batchSize ?? 16)
  if (!(batchSize >= 1 && batchSize <= MAX_BATCH_SIZE)) throw new Error(`host.json: batchSize is 1 to ${MAX_BATCH_SIZE}.`)
  return {
    routePrefix: http.routePrefix ?? 'api',
    queues: {
      messageEncoding: queues.messageEncoding?.toLowerCase() === 'none' ? 'none' : 'base64',
      batchSize,
      newBatchThreshold: Number(queues.newBatchThreshold ?? batchSize / 2),
      maxDequeueCount: Number(queues.maxDequeueCount ?? 5),
      visibilityTimeoutMs: parseTimeSpan(queues.visibilityTimeout ?? '00:00:00'),
      maxPollingIntervalMs: parseTimeSpan(queues.maxPollingInterval ?? '00:01:00'),
    },
  }
}

function override(hostJson: Record<string, unknown>, env: NodeJS.ProcessEnv): Record<string, unknown> {
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(OVERRIDE_PREFIX)) continue
    const path = name.slice(OVERRIDE_PREFIX.length).split('__')
    const last = path.pop()!
    let target = hostJson
    for (const key of path) {
      target[key] ??= {}
      target = target[key] as Record<string, unknown>
    }
    target[last] = value
  }
  return hostJson
}

/** A .NET time span `[d.]hh:mm:ss[.fff]` in milliseconds. */
export function parseTimeSpan(text: string): number {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(text)
  if (!match) throw new Error(`host.json: '${text}' is not a time span (hh:mm:ss).`)
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0)) as [number, number, number, number]
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)
}
