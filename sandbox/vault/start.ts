import { type StandIn, type StandInOptions, type StandInRequest, serve } from '../stand-in.ts'
import { openState } from '../state.ts'
import { type Access, type AccessByOid, assertAllowed, gatewayAccess } from './access.ts'
import { type CertificateData, certificateRoutes } from './certificates.ts'
import { badParameter, vaultError } from './errors.ts'
import { keyUseRoutes } from './key-use.ts'
import { type KeyData, keyRoutes } from './keys.ts'
import { createOperator, type VaultOperator } from './operator.ts'
import { matchRoute, type Vault } from './routes.ts'
import { type SecretData, secretRoutes } from './secrets.ts'
import { ObjectStore, type VaultObject } from './store.ts'

/** Whom a token for `https://vault.azure.net` is about. */
export interface VaultCaller {
  oid: string
  tid: string
}

export interface VaultOptions extends StandInOptions {
  /** State is kept in `{folder}/vault.json`; in memory without it. */
  folder?: string
  /** Checks signature, audience and expiry of a bearer token. */
  verify(token: string): VaultCaller | undefined | Promise<VaultCaller | undefined>
  /** Where tokens come from, with the vault's tenant id: `https://localhost:1234/{tid}`. */
  authority: string
  /** What identities may do; without it, the gateway's managed identity has Crypto User, Secrets User and Key Vault Reader. */
  access?: AccessByOid
}

export interface VaultStandIn extends StandIn {
  asOperator: VaultOperator
  /** Replaces what an identity may do. */
  grant(oid: string, access: Access): void
}

interface VaultState {
  secrets: Record<string, VaultObject<SecretData>>
  keys: Record<string, VaultObject<KeyData>>
  /** Absent in a folder of an earlier version. */
  certificates?: Record<string, VaultObject<CertificateData>>
}

const RESOURCE = 'https://vault.azure.net'
const routes = [...secretRoutes, ...keyRoutes, ...keyUseRoutes, ...certificateRoutes]

/** The data plane of one Key Vault: secrets, RSA keys and imported certificates. */
export async function startVault(options: VaultOptions): Promise<VaultStandIn> {
  const state = openState<VaultState>(options.folder, 'vault', () => ({ secrets: {}, keys: {} }))
  state.value.certificates ??= {}
  const access: AccessByOid = { ...(options.access ?? gatewayAccess) }
  const vault: Vault = {
    url: '',
    secrets: new ObjectStore('Secret', state.value.secrets, state.changed),
    keys: new ObjectStore('Key', state.value.keys, state.changed),
    certificates: new ObjectStore('Certificate', state.value.certificates, state.changed),
  }
  const standIn = await serve('vault', options, async (request, applyFaults) => {
    const caller = await authenticate(request, options)
    const found = matchRoute(routes, request.method, request.url.pathname)
    if (!found) throw vaultError(404, 'NotFound', 'There is no such operation at this address.')
    const { route, name } = found
    const store = storeOf(vault, route.path)
    Object.assign(request.facts, { operation: route.operation, name, version: store.peek(name, found.version), oid: caller.oid })
    await applyFaults()
    if (!request.url.searchParams.get('api-version')) throw badParameter('The api-version query parameter is missing.')
    assertAllowed(access[caller.oid], route.role, route.action, caller.oid)
    return route.handle(vault, { name, version: found.version, url: request.url, body: await bodyOf(request) })
  })
  vault.url = standIn.url.origin
  return {
    url: standIn.url,
    close: async () => {
      await standIn.close()
      state.flush()
    },
    asOperator: createOperator(vault),
    grant: (oid, granted) => {
      access[oid] = granted
    },
  }
}

function storeOf(vault: Vault, path: string): ObjectStore<unknown> {
  if (path.includes('secrets/')) return vault.secrets
  return path.includes('certificates/') ? vault.certificates : vault.keys
}

/**
 * Key Vault answers a request without a token with the authority to ask; clients send their first request so.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3 RFC 6750 §3}
 */
async function authenticate(request: StandInRequest, options: VaultOptions): Promise<VaultCaller> {
  const challenge = { 'www-authenticate': `Bearer authorization="${options.authority}", resource="${RESOURCE}"` }
  const [, token] = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '') ?? []
  if (!token) throw vaultError(401, 'Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.', undefined, challenge)
  const caller = await options.verify(token)
  if (!caller) throw vaultError(401, 'Unauthorized', 'AKV10022: The token is not valid for this vault.', undefined, challenge)
  if (!new URL(options.authority).pathname.includes(caller.tid)) {
    throw vaultError(401, 'Unauthorized', 'AKV10032: The token was issued by another tenant.', undefined, challenge)
  }
  return caller
}

async function bodyOf(request: StandInRequest): Promise<Record<string, unknown>> {
  const text = await request.text()
  if (text === '') return {}
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  } catch {
    // Answered below like any other body that is not an object.
  }
  throw badParameter('The body must be a JSON object.')
}
