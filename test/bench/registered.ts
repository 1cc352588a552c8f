import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** All that `readConfig` asks for; nothing of it is reached while functions are registered. */
const SETTINGS = {
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  KEY_VAULT_URL: 'https://vault.invalid',
  PUBLIC_BASE_URL: 'https://gateway.invalid',
  ENTRA_CLIENT_ID: '00000000-0000-4000-8000-000000000000',
  ENTRA_AUDIENCE: 'organizations',
  ENTRA_CREDENTIAL: 'secret:entra-client-secret',
  CALLER_IDENTITY: 'hostKey',
  REFRESH_SCHEDULE: '0 */5 * * * *',
}

/** Milliseconds from process start to all functions registered, in plain Node without a host. */
export async function timeToRegistered(loader: string, entry: string): Promise<number> {
  const start = performance.now()
  const child = spawn(process.execPath, [loader, entry], {
    env: { PATH: process.env.PATH, ...SETTINGS },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [said] = (await Promise.race([once(child.stdout, 'data'), exited.then(() => [])])) as [Buffer?]
  const elapsed = performance.now() - start
  await exited
  if (!Number(said)) throw new Error(`No function was registered by ${entry}.`)
  return elapsed
}
