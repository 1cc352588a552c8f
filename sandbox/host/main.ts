import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import tls from 'node:tls'
import { parseArgs } from 'node:util'

import { installClock } from '../clock.ts'
import { ClockLink } from './clock-link.ts'
import { startHost } from './host.ts'
import { errorMessage } from './invocation.ts'
import { captureConsole, log } from './log.ts'
import { applySettings, readSettings } from './settings.ts'

const USAGE =
  'node sandbox/host/main.ts --app <folder> --settings <file> [--port 7071] [--clock <url>] [--keys <host key>] [--ca <pem file>]'

const announce = captureConsole()

// The real worker does the same, and the platform starts another one.
process.on('uncaughtException', (error) => {
  log('critical', 'Worker', `Worker uncaught exception: ${error instanceof Error ? (error.stack ?? error.message) : error}`)
  process.exit(1)
})

try {
  await start()
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`)
  process.exit(1)
}

async function start(): Promise<void> {
  const { values } = parseArgs({
    options: {
      app: { type: 'string' },
      settings: { type: 'string' },
      port: { type: 'string', default: '7071' },
      clock: { type: 'string' },
      keys: { type: 'string' },
      ca: { type: 'string' },
    },
  })
  if (!values.app || !values.settings) throw new Error(USAGE)
  const appFolder = resolve(values.app)
  const settings = readSettings(values.settings)
  if (values.ca) tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(values.ca, 'utf8')])

  installClock()
  const clock = values.clock ? new ClockLink(values.clock) : undefined
  await clock?.follow()
  applySettings(settings, appFolder)
  process.chdir(appFolder)

  const host = await startHost({ appFolder, port: Number(values.port), hostKey: values.keys, log })
  await clock?.register(host.control)
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    await clock?.unregister(host.control).catch((error) => log('warning', 'Host', errorMessage(error)))
    await host.stop().catch((error) => log('error', 'Host', errorMessage(error)))
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  announce(JSON.stringify({ ready: true, url: host.url, control: host.control }))
}
