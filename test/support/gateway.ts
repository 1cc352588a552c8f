import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

import { installClock } from '../../sandbox/clock.ts'
import type { Cloud } from '../../sandbox/cloud.ts'
import type { HostProcess } from '../../sandbox/host-process.ts'
import { Browser, type Landing, type SignInOptions } from '../sandbox/entra/browser.ts'

const APP = join(import.meta.dirname, '../../dist/app')

export interface Answered {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: an answer is JSON of any shape, and the test says which
  body: any
}

export interface ApiOptions {
  body?: unknown
  headers?: Record<string, string>
  /** Which of the hosts; the first one without it. */
  host?: number
}

/** The built bundle on its hosts, with a whole cloud behind it. */
export interface Gateway {
  cloud: Cloud
  hosts: HostProcess[]
  baseUrl: URL
  api(method: string, path: string, options?: ApiOptions): Promise<Answered>
  /** Opens a connect link as the person would and follows it to the end. */
  open(connectUrl: string, person: string, options?: SignInOptions & { browser?: Browser }): Promise<Response>
  /** From nothing to a connected account; answers its id. */
  connect(person: string, body?: Record<string, unknown>): Promise<string>
  startHost(settings?: Record<string, string>): Promise<HostProcess>
  logs(): string
  close(): Promise<void>
}

export interface GatewayOptions {
  hosts?: number
  settings?: Record<string, string>
  keys?: string
}

/** Where applications want their users back in tests; nothing listens there. */
export const RETURN_URL = 'https://app.example/mail/connected'

/** Starts cloud and hosts. Each test file has its own; the bundle must have been built (`npm test` does). */
export async function startGateway({ hosts: count = 1, settings = {}, keys }: GatewayOptions = {}): Promise<Gateway> {
  installClock()
  const { settingsFor, startCloud } = await import('../../sandbox/cloud.ts')
  const { freePort, startHostProcess } = await import('../../sandbox/host-process.ts')
  const port = await freePort()
  const publicBaseUrl = new URL(`http://localhost:${port}`)
  const cloud = await startCloud({ publicBaseUrl })
  const hosts: HostProcess[] = []
  const own = settingsFor(cloud, publicBaseUrl)
  const base = { ...own, RETURN_URLS: `${own.RETURN_URLS},${RETURN_URL}`, ...settings }

  async function startHost(more: Record<string, string> = {}): Promise<HostProcess> {
    const host = await startHostProcess({
      app: APP,
      settings: { ...base, ...more },
      caFile: cloud.caFile,
      port: hosts.length === 0 ? port : 0,
      clock: cloud.adminUrl,
      keys,
    })
    hosts.push(host)
    return host
  }
  for (let started = 0; started < count; started += 1) await startHost()

  const gateway: Gateway = {
    cloud,
    hosts,
    baseUrl: publicBaseUrl,
    api: (method, path, options) => call((hosts[options?.host ?? 0] as HostProcess).url, method, path, options),
    open: async (connectUrl, person, { browser = new Browser(), ...options } = {}) => {
      const landing = await signInThrough(browser, connectUrl, person, options)
      return deliver(browser, landing)
    },
    connect: async (person, body = {}) => {
      const started = await gateway.api('POST', '/api/connections', { body })
      const response = await gateway.open(started.body.connectUrl, person)
      const { body: connection } = await gateway.api('GET', `/api/connections/${started.body.id}`)
      if (connection.status !== 'connected') throw new Error(`Not connected: ${response.status} ${JSON.stringify(connection)}`)
      return connection.account
    },
    startHost,
    logs: () => hosts.map((host) => host.logs()).join('\n'),
    close: async () => {
      await Promise.all(hosts.map((host) => host.stop()))
      await cloud.close()
    },
  }
  return gateway
}

async function call(base: URL, method: string, path: string, { body, headers = {} }: ApiOptions = {}): Promise<Answered> {
  const json = body !== undefined && typeof body !== 'string'
  const response = await fetch(new URL(path, base), {
    method,
    redirect: 'manual',
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    body: json ? JSON.stringify(body) : (body as string | undefined),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

/** The link, then Entra's pages; answers where Entra sends the browser. */
export async function signInThrough(
  browser: Browser,
  connectUrl: string,
  person: string,
  options: SignInOptions = {},
): Promise<Landing> {
  const redirect = await browser.fetch(new URL(connectUrl))
  const location = redirect.headers.get('location')
  if (!location) throw new Error(`The link answered ${redirect.status}.`)
  return browser.signIn(location, person, options)
}

/** Brings Entra's answer to the gateway, as the browser does. */
export function deliver(browser: Browser, { method, url, params }: Landing): Promise<Response> {
  return method === 'GET' ? browser.fetch(url) : browser.fetch(url, { method: 'POST', body: params })
}

/** A value that must never be found anywhere it was not meant for. */
export function canary(name: string): string {
  return `canary-${name}-${randomBytes(8).toString('hex')}`
}
