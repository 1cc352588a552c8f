import { createHash } from 'node:crypto'

import type { Activity } from './activity.ts'
import type { RegisteredFunction } from './core-module.ts'
import type { Binding } from './core-types.ts'
import type { HostConfig } from './host-config.ts'
import { type Invoke, triggerBinding } from './invocation.ts'
import type { Log } from './log.ts'
import { QueueListener } from './queue-listener.ts'
import { parseSchedule } from './schedule.ts'
import { resolveBinding } from './settings.ts'
import { StorageConnection } from './storage.ts'
import { TimerListener } from './timer-listener.ts'
import { TimerLock } from './timer-lock.ts'

const DEFAULT_CONNECTION = 'AzureWebJobsStorage'
const SUPPORTED = ['httpTrigger', 'timerTrigger', 'queueTrigger']

/** The functions of an app, by what starts them; `%SETTING%` is resolved. */
export interface Triggers {
  http: RegisteredFunction[]
  timers: TimerListener[]
  queues: QueueListener[]
}

export interface TriggersOptions {
  functions: Iterable<RegisteredFunction>
  appFolder: string
  config: HostConfig
  invoke: Invoke
  activity: Activity
  log: Log
  env: NodeJS.ProcessEnv
}

/** @throws Error naming a setting that is missing, or a function with a trigger or output this host does not have */
export async function createTriggers(options: TriggersOptions): Promise<Triggers> {
  const bound = [...options.functions].map((target) => ({ target, binding: bind(target, options.env) }))
  const ofType = (type: string) => bound.filter(({ binding }) => binding.type === type)
  return {
    http: ofType('httpTrigger').map(({ target }) => target),
    timers: await Promise.all(ofType('timerTrigger').map(({ target, binding }) => createTimer(options, target, binding))),
    queues: await Promise.all(ofType('queueTrigger').map(({ target, binding }) => createQueue(options, target, binding))),
  }
}

function bind(target: RegisteredFunction, env: NodeJS.ProcessEnv): Binding {
  const { name, bindings } = target.metadata
  const trigger = triggerBinding(target)
  const others = Object.values(bindings).filter(({ type }) => !SUPPORTED.includes(type) && type !== 'http')
  if (others[0]) throw new Error(`Function '${name}': this host has no binding of type '${others[0].type}'.`)
  return resolveBinding(name, trigger, env)
}

async function createTimer(options: TriggersOptions, target: RegisteredFunction, binding: Binding): Promise<TimerListener> {
  const { name } = target.metadata
  const { invoke, log, env, appFolder } = options
  return new TimerListener({
    name,
    schedule: parseSchedule(String(binding.schedule)),
    runOnStartup: binding.runOnStartup === true,
    useMonitor: binding.useMonitor !== false,
    lock: new TimerLock(await new StorageConnection(DEFAULT_CONNECTION, env).blobs(), `${hostId(env, appFolder)}/${name}`),
    invoke: (trigger) => invoke(target, trigger),
    log,
  })
}

async function createQueue(options: TriggersOptions, target: RegisteredFunction, binding: Binding): Promise<QueueListener> {
  const { activity, config, env, invoke, log } = options
  const connection = new StorageConnection(String(binding.connection || DEFAULT_CONNECTION), env)
  return new QueueListener({
    name: target.metadata.name,
    queueName: String(binding.queueName),
    service: await connection.queues(),
    config: config.queues,
    activity,
    invoke: (trigger) => invoke(target, trigger),
    log,
  })
}

/** The same for all hosts of one app: they share its locks. */
function hostId(env: NodeJS.ProcessEnv, appFolder: string): string {
  return env.AzureFunctionsWebHost__hostid || createHash('sha256').update(appFolder).digest('hex').slice(0, 32)
}
