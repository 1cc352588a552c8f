import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** One local Functions host in a process of its own. */
export interface HostProcess {
  url: URL
  control: URL
  process: ChildProcess
  /** What the app and the host logged so far. */
  logs(): string
  /** Lets it end in order. */
  stop(): Promise<void>
  /** SIGKILL: nothing is finished, nobody is told. */
  kill(): Promise<void>
}

export interface HostOptions {
  app: string
  settings: Record<string, string>
  /** Authorities to trust beside the usual ones. */
  caFile?: string
  /** 0: a free one. */
  port: number
  /** Whose clock the host follows; without it, the machine's own. */
  clock?: URL
  keys?: string
  onLog?(line: string): void
}

/** Starts a host; rejects with what it said when the app does not load. */
export async function startHostProcess(options: HostOptions): Promise<HostProcess> {
  const file = join(mkdtempSync(join(tmpdir(), 'gateway-host-')), 'settings.json')
  writeFileSync(file, JSON.stringify(options.settings), { mode: 0o600 })
  const main = join(import.meta.dirname, 'host/main.ts')
  const args = [main, '--app', options.app, '--settings', file, '--port', String(options.port)]
  const optional = { clock: options.clock?.href, ca: options.caFile, keys: options.keys }
  for (const [name, value] of Object.entries(optional)) if (value) args.push(`--${name}`, value)
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line)
    options.onLog?.(line)
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ready = await new Promise<{ url: string; control: string }>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)))
    child.once('exit', (code) => reject(new Error(`The Functions host ended with ${code}: ${lines.join('\n')}`)))
  })
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await exited
  }
  return {
    url: new URL(ready.url),
    control: new URL(ready.control),
    process: child,
    logs: () => lines.join('\n'),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}

/** A port that is free now; for URLs that must be known before the server starts. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
