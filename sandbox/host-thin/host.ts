import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createAdmin } from './admin.ts'
import { type App, loadApp, runAppHooks } from './app-loader.ts'
import { createControl } from './control.ts'
import type { RegisteredFunction } from './core-module.ts'
import type { Binding } from './core-types.ts'
import { type HostConfig, readHostConfig } from './host-config.ts'
import { createHttpFront, triggerOf } from './http-front.ts'
import { Invoker } from './invocation.ts'
import type { Log } from './log.ts'
import { QueueListener } from './queue-listener.ts'
import { resolveBinding } from './settings.ts'
import { openStorage } from './storage.ts'
import { TimerLease } from './timer-lease.ts'
import { TimerListener } from './timer-listener.ts'

export interface Host {
  url: string
  control: string
  /** Takes no more work, finishes what runs, and runs the `appTerminate` hooks. */
  stop(): Promise<void>
}

export interface HostOptions {
  folder: string
  port: number
  key?: string
  log: Log
}

const DEFAULT_BODY_BYTES = 104_857_600

/** Loads an app and serves it: HTTP, timers, queues. */
export async function startHost({ folder, port, key, log }: HostOptions): Promise<Host> {
  const config = readHostConfig(folder, process.env)
  const app = await loadApp(folder, log)
  const { functions } = app.registrations
  const invoker = new Invoker(app, log)
  const maxBodyBytes = Number(process.env.FUNCTIONS_REQUEST_BODY_SIZE_LIMIT ?? DEFAULT_BODY_BYTES)
  const admin = createAdmin({ functions, invoker, key, log })
  const front = createHttpFront({
    functions: functions.values(),
    routePrefix: config.routePrefix,
    invoker,
    httpUri: app.httpUri,
    key,
    maxBodyBytes,
    admin,
  })
  const bound = [...functions.values()].map((target) => bind(target))
  const timers = bound.filter(({ trigger }) => trigger.type === 'timerTrigger').map((one) => timer(one, invoker, log))
  const queues = bound.filter(({ trigger }) => trigger.type === 'queueTrigger').map((one) => queue(one, config, invoker, log))
  const control = createControl({ invoker, timers, queues })
  const url = `http://localhost:${await listen(front, port)}`
  return {
    url,
    control: `http://127.0.0.1:${await listen(control, 0)}`,
    stop: () => stop(app, [front, control], timers, queues, invoker),
  }
}

interface Bound {
  target: RegisteredFunction
  bindingName: string
  trigger: Binding
}

/** Settings in the trigger are resolved for every function, so that a missing one stops the start. */
function bind(target: RegisteredFunction): Bound {
  const trigger = triggerOf(target)
  if (!trigger) throw new Error(`Function '${target.metadata.name}' has no trigger.`)
  const bindingName = Object.keys(target.metadata.bindings).find((name) => target.metadata.bindings[name] === trigger) as string
  return { target, bindingName, trigger: resolveBinding(target.metadata.name, trigger, process.env) }
}

function timer({ target, bindingName, trigger }: Bound, invoker: Invoker, log: Log): TimerListener {
  const lease = new TimerLease(target.metadata.name, openStorage('AzureWebJobsStorage', process.env)?.blobs)
  const options = { schedule: String(trigger.schedule), runOnStartup: trigger.runOnStartup === true }
  return new TimerListener({ target, bindingName, ...options, invoker, lease, log })
}

function queue({ target, bindingName, trigger }: Bound, config: HostConfig, invoker: Invoker, log: Log): QueueListener {
  const connection = String(trigger.connection ?? 'AzureWebJobsStorage')
  const storage = openStorage(connection, process.env)
  if (!storage) throw new Error(`Function '${target.metadata.name}': the connection "${connection}" is not configured.`)
  const options = { queueName: String(trigger.queueName), queues: storage.queues, config: config.queues }
  return new QueueListener({ target, bindingName, ...options, invoker, log })
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

async function stop(
  app: App,
  servers: Server[],
  timers: TimerListener[],
  queues: QueueListener[],
  invoker: Invoker,
): Promise<void> {
  for (const server of servers) server.close()
  await Promise.all([...timers.map((one) => one.stop()), ...queues.map((one) => one.stop())])
  await invoker.idle()
  const { appHookData, registrations } = app
  await runAppHooks('appTerminate', registrations, { appHookData, hookData: {} })
  for (const server of servers) server.closeAllConnections()
}
