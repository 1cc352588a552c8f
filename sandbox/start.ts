import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'

import { buildApp } from '../scripts/build.ts'
import { installClock } from './clock.ts'
import type { HostOptions } from './host-process.ts'

/**
 * `npm start`: builds the app, starts the cloud and one Functions host, and says where to look. With `--live` the host alone, which talks to the
 * real Microsoft.
 */
const { values } = parseArgs({
  options: {
    fresh: { type: 'boolean', default: false },
    keys: { type: 'string' },
    live: { type: 'boolean', default: false },
    port: { type: 'string', default: '7071' },
  },
})

const root = join(import.meta.dirname, '..')
const folder = join(root, '.sandbox')
const LIVE = 'live'
const TOKEN_LIFETIME_SECONDS = 3600
const publicBaseUrl = new URL(`http://localhost:${values.port}`)
const progress = (step: string) => console.log(`  … ${step}`)

/** What the host is given, what is said when it is up, and how the rest is stopped. */
interface Surroundings {
  host: Pick<HostOptions, 'settings' | 'caFile' | 'clock' | 'keys'>
  ready: string
  close(): Promise<void>
}

async function startSandbox(): Promise<Surroundings> {
  const { settingsFor, startCloud } = await import('./cloud.ts')
  const cloud = await startCloud({ folder, publicBaseUrl, progress, hostKey: values.keys })
  // The tenants of the sandbox have a token lifetime policy of one hour, so that after an hour every token has been renewed.
  cloud.entra.setTokenLifetime({ seconds: TOKEN_LIFETIME_SECONDS })
  writeFileSync(join(folder, 'page.url'), cloud.adminUrl.href)
  const { caFile, adminUrl: clock, close } = cloud
  return { host: { settings: settingsFor(cloud, publicBaseUrl), caFile, clock, keys: values.keys }, ready: clock.href, close }
}

async function startLive(): Promise<Surroundings> {
  const live = await import('./live.ts')
  const settingsFile = join(root, 'local.settings.json')
  const options = {
    folder: join(folder, LIVE),
    settingsFile,
    environment: process.env,
    publicBaseUrl,
    keys: values.keys,
    progress,
  }
  const { host, keyFile, close } = await live.startLive(options)
  const api = new URL('/api', publicBaseUrl).href
  const key = relative(process.cwd(), keyFile)
  const ready = `${api}
Microsoft is the real one: what is sent is sent. Connect a mailbox, and open the connectUrl of the answer:

curl -s -X POST ${api}/connections -H "x-functions-key: $(cat '${key}')" -H 'content-type: application/json' -d '{}'
`
  return { host, ready, close }
}

/** Begins anew. The real accounts are only forgotten by `--live --fresh`. */
function clear(): void {
  const names = existsSync(folder) ? readdirSync(folder) : []
  for (const name of names) if ((name === LIVE) === values.live) rmSync(join(folder, name), { recursive: true, force: true })
}

function fail(error: Error): never {
  console.error(error.message)
  process.exit(1)
}

if (values.fresh) clear()
if (!values.live) installClock()
progress('building the app')
await buildApp()
const { startHostProcess } = await import('./host-process.ts')
const surroundings = await (values.live ? startLive() : startSandbox()).catch(fail)
// The host inherits the environment; the secret is in the vault by now.
delete process.env.LIVE_CLIENT_SECRET
progress('Functions host')
const host = await startHostProcess({
  app: join(root, 'dist/app'),
  port: Number(values.port),
  onLog: (line) => console.log(line),
  ...surroundings.host,
}).catch(async (error: Error) => {
  await surroundings.close()
  return fail(error)
})

console.log(`Ready: ${surroundings.ready}`)

let stopping = false
async function stop(): Promise<void> {
  stopping = true
  await host.stop()
  await surroundings.close()
  process.exit(0)
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
host.process.once('exit', (code) => {
  if (stopping) return
  console.error(`The Functions host ended with ${code}.`)
  void surroundings.close().then(() => process.exit(1))
})
