import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'

import { startAdmin } from './admin/start.ts'
import { type Azurite, startAzurite } from './azurite.ts'
import { type Certificates, openCertificates } from './certificates.ts'
import { type EntraStandIn, startEntra } from './entra/start.ts'
import { type Exchange, startExchange } from './exchange/start.ts'
import { Faults } from './faults.ts'
import { type GraphStandIn, startGraph } from './graph/start.ts'
import { Hosts } from './hosts.ts'
import { type IdentityStandIn, startIdentity } from './identity/start.ts'
import { Journal } from './journal.ts'
import { CLIENT_ID, MANAGED_IDENTITY, people, tenants } from './people.ts'
import { openState } from './state.ts'
import { startVault, type VaultStandIn } from './vault/start.ts'

/** A Microsoft cloud on loopback, all in this process. */
export interface Cloud {
  certificates: Certificates
  /** PEM file of the throw-away authority, for processes that must trust it. */
  caFile: string
  journal: Journal
  faults: Faults
  hosts: Hosts
  azurite: Azurite
  entra: EntraStandIn
  vault: VaultStandIn
  identity: IdentityStandIn
  graph: GraphStandIn
  exchange: Exchange
  /** The page for people and the API for tests; plain HTTP. */
  adminUrl: URL
  identityHeader: string
  /** Stops everything; what a folder holds is complete afterwards. */
  close(): Promise<void>
}

export interface CloudOptions {
  /** State is kept here; without it, in memory. */
  folder?: string
  /** Where browsers reach the gateway. */
  publicBaseUrl: URL
  /** Sent with the calls of the page, when the host asks for keys. */
  hostKey?: string
  /** Told what is being started, for people who wait. */
  progress?(step: string): void
}

const VAULT_SECRET = 'entra-client-secret'
const TOKEN_KEY = 'token-key'

export async function startCloud({ folder, publicBaseUrl, hostKey, progress = () => {} }: CloudOptions): Promise<Cloud> {
  const journal = new Journal()
  const faults = new Faults()
  const hosts = new Hosts()
  progress('certificates')
  const certificates = await openCertificates(folder)
  trust(certificates.ca)
  const caFile = writeAuthority(certificates.ca, folder)
  const secured = { journal, faults, tls: certificates.server, folder }

  progress('storage (Azurite)')
  const azurite = await startAzurite({ folder, tls: certificates.server, oauth: true })
  progress('Entra')
  const entra = await startEntra(secured)
  progress('Key Vault')
  const authority = new URL(MANAGED_IDENTITY.tenantId, entra.url).href
  const verifyVault = (token: string) => entra.verifyAccessToken(token, 'https://vault.azure.net')
  const vault = await startVault({ ...secured, authority, verify: verifyVault })
  const identityHeader = randomBytes(16).toString('hex')
  const { clientId } = MANAGED_IDENTITY
  const issue = entra.issueManagedIdentityToken
  const identity = await startIdentity({ journal, faults, header: identityHeader, clientId, issue })
  progress('Graph and Exchange')
  const graph = await startGraph({ ...secured, verify: entra.verifyAccessToken, people, tenants })
  const mailboxes = () => people.map(({ mail: address, ...rest }) => ({ address, ...rest }))
  const exchange = await startExchange({ ...secured, verify: entra.verifyAccessToken, mailboxes })
  await seed({ folder, entra, vault, publicBaseUrl })
  const started = {
    certificates,
    caFile,
    journal,
    faults,
    hosts,
    azurite,
    entra,
    vault,
    identity,
    graph,
    exchange,
    identityHeader,
  }
  const admin = await startAdmin({ ...started, publicBaseUrl, hostKey })
  return {
    ...started,
    adminUrl: admin.url,
    close: async () => {
      await Promise.all([admin.close(), exchange.close(), graph.close(), identity.close(), vault.close(), entra.close()])
      await azurite.close()
    },
  }
}

/** The registration's secret in the vault, and the wrapping key; a later start finds them and only corrects the redirect URI. */
async function seed(cloud: { folder?: string; entra: EntraStandIn; vault: VaultStandIn; publicBaseUrl: URL }): Promise<void> {
  const { folder, entra, vault, publicBaseUrl } = cloud
  const redirectUris = [new URL('/api/oauth/callback', publicBaseUrl).href]
  const { secrets } = entra.registrations.update(CLIENT_ID, { redirectUris })
  const seeded = openState(folder, 'seeded', () => ({ done: false }))
  if (seeded.value.done) return
  const [secret] = secrets
  if (!secret) throw new Error('The registration of the sandbox has no secret.')
  vault.asOperator.setSecret(VAULT_SECRET, secret.value, { expiresOn: new Date(secret.expiresOn) })
  await vault.asOperator.createKey(TOKEN_KEY)
  seeded.value.done = true
  seeded.flush()
}

function trust(ca: string): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), ca])
}

function writeAuthority(ca: string, folder: string | undefined): string {
  const place = folder ?? join(tmpdir(), `mail-gateway-${process.pid}`)
  mkdirSync(place, { recursive: true })
  const file = join(place, 'ca.pem')
  writeFileSync(file, ca)
  return file
}

/** The app settings that lead the gateway to this cloud. */
export function settingsFor(cloud: Cloud, publicBaseUrl: URL): Record<string, string> {
  const { azurite, vault, identity, identityHeader, entra, graph, exchange } = cloud
  const at = ({ host, port }: { host: string; port: number }) => `${host}:${port}`
  return {
    AzureWebJobsStorage__tableServiceUri: azurite.tableUrl,
    AzureWebJobsStorage__queueServiceUri: azurite.queueUrl,
    AzureWebJobsStorage__blobServiceUri: azurite.blobUrl,
    AzureWebJobsStorage__credential: 'managedidentity',
    AzureWebJobsStorage__clientId: MANAGED_IDENTITY.clientId,
    AZURE_CLIENT_ID: MANAGED_IDENTITY.clientId,
    IDENTITY_ENDPOINT: identity.endpoint,
    IDENTITY_HEADER: identityHeader,
    KEY_VAULT_URL: vault.url.href,
    TOKEN_KEY_NAME: TOKEN_KEY,
    PUBLIC_BASE_URL: publicBaseUrl.href,
    ENTRA_CLIENT_ID: CLIENT_ID,
    ENTRA_AUDIENCE: 'common',
    ENTRA_CREDENTIAL: `secret:${VAULT_SECRET}`,
    ENTRA_PERMISSIONS: 'send,read,organize,imap,pop,smtp',
    ENTRA_AUTHORITY_HOST: entra.url.href,
    GRAPH_ENDPOINT: graph.url.href,
    IMAP_ENDPOINT: at(exchange.imap),
    POP_ENDPOINT: at(exchange.pop),
    SMTP_ENDPOINT: at(exchange.smtp),
    RETURN_URLS: new URL('/return', cloud.adminUrl).href,
    CALLER_IDENTITY: 'hostKey',
    HOST_KEY_PERMISSIONS: 'accounts.connect,accounts.manage,tokens.issue,mail.read,mail.send,mail.organize,audit.read',
    REFRESH_SCHEDULE: '0 */5 * * * *',
  }
}
