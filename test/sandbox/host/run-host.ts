import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

export interface HostRun {
  url: string
  control: string
  process: ChildProcess
  /** Everything on stderr so far. */
  log(): string
  /** Resolves when stderr shows this text. */
  logged(text: string): Promise<void>
  /** SIGTERM; answers the exit code and all of stdout. */
  stop(): Promise<{ code: number | null; stdout: string }>
  /** The JSON that a GET of this path answers. */
  get<T = unknown>(path: string): Promise<T>
  /** POST to the control server. */
  steer(path: string, body?: object): Promise<Response>
  /** SIGKILL, also when it has ended already. */
  kill(): Promise<void>
}

function spawnHost(app: string, settings: Record<string, string>, args: string[]): ChildProcess {
  const folder = mkdtempSync(join(tmpdir(), 'host-test-'))
  const file = join(folder, 'settings.json')
  writeFileSync(file, JSON.stringify(settings))
  const main = join(root, 'sandbox/host/main.ts')
  const appFolder = join(import.meta.dirname, 'apps', app)
  const child = spawn(process.execPath, [main, '--app', appFolder, '--settings', file, '--port', '0', ...args])
  child.once('exit', () => rmSync(folder, { recursive: true }))
  return child
}

/** Starts the host in a process and waits until it is ready; it is killed after the test if it still runs. */
export async function runHost(...options: Parameters<typeof openHost>): Promise<HostRun> {
  const host = await openHost(...options)
  onTestFinished(() => host.kill())
  return host
}

/** Starts the host in a process and waits until it is ready; the caller kills it. */
export async function openHost(app: string, settings: Record<string, string> = {}, args: string[] = []): Promise<HostRun> {
  const child = spawnHost(app, settings, args)
  const exited = once(child, 'exit') as Promise<[number | null]>
  let stderr = ''
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  let stdout = ''
  const ready = await new Promise<{ url: string; control: string }>((resolve, reject) => {
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
      if (stdout.includes('\n')) resolve(JSON.parse(stdout.split('\n')[0]!))
    })
    child.once('close', () => reject(new Error(`The host did not start:\n${stderr}`)))
  })
  return {
    ...ready,
    process: child,
    log: () => stderr,
    logged: async (text) => {
      while (!stderr.includes(text)) await once(child.stderr!, 'data')
    },
    stop: async () => {
      child.kill('SIGTERM')
      const [code] = await exited
      return { code, stdout }
    },
    get: async (path) => (await fetch(ready.url + path)).json(),
    steer: (path, body = {}) => fetch(ready.control + path, { method: 'POST', body: JSON.stringify(body) }),
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Starts a host that should refuse to start. */
export async function failHost(app: string, settings: Record<string, string> = {}) {
  const child = spawnHost(app, settings, [])
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'exit')])
  return { code: code as number | null, stdout, stderr }
}
