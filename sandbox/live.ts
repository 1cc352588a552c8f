import { randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { startAzurite } from './azurite.ts'
import { openCertificates } from './certificates.ts'
import { Faults } from './faults.ts'
import type { HostOptions } from './host-process.ts'
import { startIdentity } from './identity/start.ts'
import { Journal } from './journal.ts'
import { type LiveSettings, liveSettings, readLocalSettings } from './live-settings.ts'
import { MANAGED_IDENTITY } from './people.ts'
import { openState } from './state.ts'
import { startVault } from './vault/start.ts'

export interface LiveOptions {
  /** State of the live gateway: its tables, its vault, its host key. */
  folder: string
  settingsFile: string
  environment: Record<string, string | undefined>
  publicBaseUrl: URL
  /** The host key; without it one is made and kept in the folder. */
  keys?: string
  progress?(step: string): void
}

/** What stays on this machine when Microsoft is the real one. */
export interface LiveSurroundings {
  host: Pick<HostOptions, 'settings' | 'caFile' | 'keys'>
  /** Holds the host key, for `curl`. */
  keyFile: string
  close(): Promise<void>
}

const TOKEN_LIFE_MS = 60 * 60_000

/**
 * Storage, and a vault with its identity, on loopback; nothing of Entra, Graph or Exchange. A managed identity exists in Azure only, so a vault
 * that `KEY_VAULT_URL` names can be used only where the machine has one.
 *
 * @throws LiveSettingsError
 */
export async function startLive(options: LiveOptions): Promise<LiveSurroundings> {
  const { folder, settingsFile, environment, publicBaseUrl, progress = () => {} } = options
  const live = liveSettings(readLocalSettings(settingsFile), environment, publicBaseUrl)
  // Tokens of real mailboxes and the keys that seal them: for this user alone.
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  progress('storage (Azurite)')
  const azurite = await startAzurite({ folder })
  progress(live.clientSecret ? 'local Key Vault' : 'Key Vault of local.settings.json')
  const vault = await openVault(folder, live.clientSecret)
  const keyFile = join(folder, 'host-key')
  const keys = options.keys ?? (existsSync(keyFile) ? readFileSync(keyFile, 'utf8') : randomBytes(24).toString('base64url'))
  writeFileSync(keyFile, keys, { mode: 0o600 })
  return {
    host: {
      settings: { ...live.settings, AzureWebJobsStorage: azurite.connectionString, ...vault?.settings },
      caFile: vault?.caFile,
      keys,
    },
    keyFile,
    close: async () => {
      await vault?.close()
      await azurite.close()
    },
  }
}

/** A vault that holds the client secret and the wrapping key, and the identity that may use them. */
async function openVault(folder: string, clientSecret: LiveSettings['clientSecret']) {
  if (!clientSecret) return undefined
  const { ca, server: tls } = await openCertificates(folder)
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, ca)
  const stood = { journal: new Journal(), faults: new Faults(), tls, folder }
  const header = randomBytes(16).toString('hex')
  const { clientId, principalId, tenantId } = MANAGED_IDENTITY
  const token = randomBytes(32).toString('base64url')
  const identity = await startIdentity({
    ...stood,
    header,
    clientId,
    // Good for this vault in this run; to Microsoft it is noise.
    issue: () => ({ token, expiresOn: new Date(Date.now() + TOKEN_LIFE_MS) }),
  })
  const authority = new URL(tenantId, identity.url).href
  const verify = (given: string) => (sameText(given, token) ? { oid: principalId, tid: tenantId } : undefined)
  const vault = await startVault({ ...stood, authority, verify })
  await fill(folder, vault.asOperator, clientSecret)
  return {
    settings: {
      KEY_VAULT_URL: vault.url.href,
      TOKEN_KEY_NAME: 'token-key',
      AZURE_CLIENT_ID: clientId,
      IDENTITY_ENDPOINT: identity.endpoint,
      IDENTITY_HEADER: header,
    },
    caFile,
    close: async () => {
      await Promise.all([vault.close(), identity.close()])
    },
  }
}

type Operator = Awaited<ReturnType<typeof startVault>>['asOperator']

/** The wrapping key is made once: it lives as long as what it wraps. */
async function fill(folder: string, operator: Operator, { name, value }: { name: string; value: string }): Promise<void> {
  operator.setSecret(name, value)
  const seeded = openState(folder, 'seeded', () => ({ done: false }))
  if (seeded.value.done) return
  await operator.createKey('token-key')
  seeded.value.done = true
  seeded.flush()
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
