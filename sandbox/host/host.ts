import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

import { Activity } from './activity.ts'
import { ADMIN_PATH, createAdmin } from './admin.ts'
import { loadApp, runAppHooks } from './app-loader.ts'
import { createControl } from './control.ts'
import { readHostConfig } from './host-config.ts'
import { createHttpFront } from './http-front.ts'
import { createInvoke } from './invocation.ts'
import type { Log } from './log.ts'
import { createTriggers } from './triggers.ts'
import { WorkerProxy } from './worker-proxy.ts'

export interface HostOptions {
  /** Folder of the built app: host.json, package.json, what `main` names. */
  appFolder: string
  /** 0: a free one. */
  port: number
  /** Functions of level `function` and `admin`, and `/admin`, are open without it. */
  hostKey?: string
  log: Log
}

export interface RunningHost {
  url: string
  control: string
  /** Takes no more work, lets what runs end, runs the `appTerminate` hooks. */
  stop(): Promise<void>
}

const DEFAULT_BODY_SIZE_LIMIT = 104_857_600
const DRAIN_LIMIT_MS = 10_000
/** Kestrel's; Node would close a connection that is not used after 5 s and refuse headers of more than 16 KB. */
const SERVER_OPTIONS = { keepAliveTimeout: 130_000, maxHeaderSize: 32_768, requestTimeout: 0 }

/**
 * Loads the app into this process, one for each process, and serves it until stopped.
 * @throws Error when the app cannot be loaded or a setting that it names is missing
 */
export async function startHost({ appFolder, port, hostKey, log }: HostOptions): Promise<RunningHost> {
  const { env } = process
  const config = readHostConfig(appFolder, env)
  const app = await loadApp(appFolder, log)
  const functions = [...app.registrations.functions.values()]
  const activity = new Activity()
  const invoke = createInvoke(app, activity, log)
  const { http, timers, queues } = await createTriggers({ functions, appFolder, config, invoke, activity, log, env })

  const proxy = app.httpUri && new WorkerProxy(app.httpUri)
  const bodySizeLimit = Number(env.FUNCTIONS_REQUEST_BODY_SIZE_LIMIT || DEFAULT_BODY_SIZE_LIMIT)
  const front = createHttpFront({ functions: http, routePrefix: config.routePrefix, hostKey, bodySizeLimit, invoke, log, proxy })
  const admin = createAdmin({ functions, hostKey, invoke, log })
  const site = await listen((incoming, outgoing) => {
    if (ADMIN_PATH.test(incoming.url ?? '')) admin(incoming, outgoing)
    else front(incoming, outgoing)
  }, port)
  const control = await listen(createControl({ timers, queues, activity }), 0)
  await Promise.all([...timers, ...queues].map((listener) => listener.start()))

  const stop = async () => {
    site.close()
    const drained = Promise.all([...[...timers, ...queues].map((listener) => listener.stop()), activity.idle()])
    await Promise.race([drained, wait(DRAIN_LIMIT_MS)])
    await runAppHooks('appTerminate', app.registrations, { appHookData: app.appHookData, hookData: {} })
    proxy?.close()
    for (const server of [site, control]) server.close().closeAllConnections()
  }
  return { url: `http://localhost:${portOf(site)}`, control: `http://127.0.0.1:${portOf(control)}`, stop }
}

function listen(listener: RequestListener, port: number): Promise<Server> {
  const server = createServer(SERVER_OPTIONS, listener)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
