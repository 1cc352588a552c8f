import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import tls from 'node:tls'
import { parseArgs } from 'node:util'

import { installClock, setClockOffset } from '../clock.ts'
import { captureConsole, log } from './log.ts'
import { applySettings, readSettings } from './settings.ts'

/** The local Functions host as a process: says on stdout when it is ready, logs on stderr. */
const { values } = parseArgs({
  options: {
    app: { type: 'string' },
    settings: { type: 'string' },
    port: { type: 'string', default: '7071' },
    clock: { type: 'string' },
    ca: { type: 'string' },
    keys: { type: 'string' },
  },
})
const { app, settings, port, clock, ca, keys } = values
if (!app || !settings)
  throw new Error('Usage: main.ts --app FOLDER --settings FILE [--port N] [--clock URL] [--ca FILE] [--keys KEY]')

const folder = resolve(app)
const announce = captureConsole()
if (ca) tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(ca, 'utf8')])
applySettings(readSettings(settings), folder)
installClock()
process.chdir(folder)
if (clock) {
  const { offsetMs } = (await (await fetch(new URL('/clock', clock))).json()) as { offsetMs: number }
  setClockOffset(offsetMs)
}

// As the real worker: what nobody caught ends the process, and the platform starts another.
process.on('uncaughtException', (error) => {
  log('critical', 'Worker', error.stack ?? error.message)
  process.exit(1)
})

const { startHost } = await import('./host.ts')
const host = await startHost({ folder, port: Number(port), key: keys, log }).catch((error: Error) => {
  log('critical', 'Host.Startup', error.message)
  process.exit(1)
})
await register('POST')
announce(JSON.stringify({ ready: true, url: host.url, control: host.control }))

let stopping = false
async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  await register('DELETE').catch(() => {})
  await host.stop()
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

async function register(method: 'POST' | 'DELETE'): Promise<void> {
  if (!clock) return
  const headers = { 'content-type': 'application/json' }
  await fetch(new URL('/clock/hosts', clock), { method, headers, body: JSON.stringify({ control: host.control }) })
}
