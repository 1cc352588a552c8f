import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { buildApp } from '../scripts/build.ts'
import { installClock } from './clock.ts'

/** `npm start`: builds the app, starts the cloud and one Functions host, and says where to look. */
const { values } = parseArgs({
  options: { fresh: { type: 'boolean', default: false }, keys: { type: 'string' }, port: { type: 'string', default: '7071' } },
})

const root = join(import.meta.dirname, '..')
const folder = join(root, '.sandbox')
const publicBaseUrl = new URL(`http://localhost:${values.port}`)
const progress = (step: string) => console.log(`  … ${step}`)

if (values.fresh) rmSync(folder, { recursive: true, force: true })
installClock()
progress('building the app')
await buildApp()
const { settingsFor, startCloud } = await import('./cloud.ts')
const { startHostProcess } = await import('./host-process.ts')
const cloud = await startCloud({ folder, publicBaseUrl, progress, hostKey: values.keys })
progress('Functions host')
const host = await startHostProcess({
  app: join(root, 'dist/app'),
  settings: settingsFor(cloud, publicBaseUrl),
  caFile: cloud.caFile,
  port: Number(values.port),
  clock: cloud.adminUrl,
  keys: values.keys,
  onLog: (line) => console.log(line),
}).catch(async (error: Error) => {
  console.error(error.message)
  await cloud.close()
  process.exit(1)
})

console.log(`Ready: ${cloud.adminUrl.href}`)

async function stop(): Promise<void> {
  await host.stop()
  await cloud.close()
  process.exit(0)
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
host.process.once('exit', (code) => {
  console.error(`The Functions host ended with ${code}.`)
  void cloud.close().then(() => process.exit(1))
})
