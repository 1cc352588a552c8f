import type { HostProcess } from '../../sandbox/host-process.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'

export const ADELE = 'adele@contoso.test'
export const BEN = 'ben@contoso.test'

/** Messages in the mailbox that is read. */
const SEEDED = 200

/** The gateway with its cloud, and hosts of the same program for other apps. */
export interface Rig {
  gateway: Gateway
  /** The account whose mailbox is used. */
  account: string
  startApp(folder: string): Promise<HostProcess>
  close(): Promise<void>
}

/** Cloud in this process, gateway in its own; Adele is connected and has mail. */
export async function startRig(): Promise<Rig> {
  const gateway = await startGateway()
  const { settingsFor } = await import('../../sandbox/cloud.ts')
  const { startHostProcess } = await import('../../sandbox/host-process.ts')
  const { cloud } = gateway
  const account = await gateway.connect(ADELE)
  cloud.graph.seedMessages(ADELE, SEEDED, { start: new Date(Date.now() - 86_400_000), spacing: 60_000, bytes: 2_000 })
  return {
    gateway,
    account,
    startApp: (app) =>
      startHostProcess({
        app,
        settings: settingsFor(cloud, gateway.baseUrl),
        caFile: cloud.caFile,
        port: 0,
        clock: cloud.adminUrl,
      }),
    close: () => gateway.close(),
  }
}

/** One request outside of a measured load. @throws Error when the answer is not 200 */
export async function request(host: HostProcess, method: string, path: string, body?: object): Promise<string> {
  const response = await fetch(new URL(path, host.url), {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`)
  return text
}
