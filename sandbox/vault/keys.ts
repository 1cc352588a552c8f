import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'

import { json } from '../stand-in.ts'
import { badParameter, forbidden } from './errors.ts'
import { objectRoutes } from './object-routes.ts'
import type { Call, Route, Vault } from './routes.ts'
import type { Version } from './store.ts'
import { attributesOf, changesFrom } from './wire.ts'

export interface KeyData {
  /** PKCS #8, PEM. It never leaves the stand-in. */
  privateKey: string
  /** The public part of an RSA key, base64url as in a JWK. */
  n?: string
  e?: string
  /** The public part of a key on a curve; it comes with a certificate only. */
  ec?: { crv: string; x: string; y: string }
  size: number
  operations: string[]
}

const SIZES = [2048, 3072, 4096]
const OPERATIONS = ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey']

/** Makes the material of a new RSA key version. */
export async function makeRsaKey(size = 2048, operations = OPERATIONS): Promise<KeyData> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: size })
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
  return { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), n, e, size, operations }
}

const item = (kid: string, version: Version<KeyData>) => ({
  kid,
  attributes: attributesOf(version),
  tags: version.tags,
  managed: version.managed,
})

function bundle(kid: string, version: Version<KeyData>) {
  const { n, e, ec, operations } = version.data
  const key = { kid, kty: ec ? 'EC' : 'RSA', key_ops: operations, n, e, ...ec }
  return { key, attributes: attributesOf(version), tags: version.tags, managed: version.managed }
}

/** The key identifier; its host is that of this start. */
export function kidOf(vault: Vault, name: string, version: Version<KeyData>): string {
  return `${vault.url}/keys/${vault.keys.get(name).name}/${version.id}`
}

function answer(vault: Vault, name: string, version: Version<KeyData>): Response {
  return json(200, bundle(kidOf(vault, name, version), version))
}

async function createKey(vault: Vault, { name, body }: Call): Promise<Response> {
  const { kty, key_size: size = 2048 } = body
  if (kty !== 'RSA') throw badParameter('This vault makes keys of type RSA only.')
  if (!SIZES.includes(size as number)) throw badParameter(`key_size must be one of ${SIZES.join(', ')}.`)
  const operations = operationsFrom(body)
  vault.keys.assertFree(name)
  const data = await makeRsaKey(size as number, operations)
  return answer(vault, name, vault.keys.add(name, data, changesFrom(body)))
}

/** A disabled version is refused like any other use of it. */
function getKey(vault: Vault, { name, version: id }: Call): Response {
  const version = vault.keys.version(name, id)
  if (!version.enabled) throw forbidden('Operation get is not allowed on a disabled key.', 'KeyDisabled')
  return answer(vault, name, version)
}

/** A new version like the newest one. */
export async function rotate(vault: Vault, name: string): Promise<Version<KeyData>> {
  const { data, tags } = vault.keys.version(name)
  vault.keys.assertFree(name)
  return vault.keys.add(name, await makeRsaKey(data.size, data.operations), { tags })
}

function updateKey(vault: Vault, { name, version: id, body }: Call): Response {
  const version = vault.keys.version(name, id)
  const changes = changesFrom(body)
  version.data.operations = operationsFrom(body, version.data.operations)
  vault.keys.update(version, changes)
  return answer(vault, name, version)
}

function operationsFrom(body: Record<string, unknown>, otherwise = OPERATIONS): string[] {
  const operations = body.key_ops ?? otherwise
  const known = Array.isArray(operations) && operations.every((operation) => OPERATIONS.includes(operation))
  if (!known) throw badParameter('key_ops holds an unknown operation.')
  return operations
}

const create = { operation: 'createKey', role: 'officer', action: 'keys/create/action', handle: createKey } as const
const get = { operation: 'getKey', role: 'crypto', action: 'keys/read', handle: getKey } as const
const update = { operation: 'updateKey', role: 'crypto', action: 'keys/update/action', handle: updateKey } as const

/**
 * The key operations of the data plane that manage keys; using them is in `key-use.ts`.
 *
 * @see {@link https://learn.microsoft.com/rest/api/keyvault/keys/operation-groups Keys}
 */
export const keyRoutes: Route[] = [
  ...objectRoutes<KeyData>({
    noun: 'Key',
    collection: 'keys',
    readRole: 'crypto',
    readAction: 'keys/read',
    store: (vault) => vault.keys,
    item,
    summary: bundle,
  }),
  { ...create, method: 'POST', path: '/keys/{name}/create' },
  { ...get, method: 'GET', path: '/keys/{name}' },
  { ...get, method: 'GET', path: '/keys/{name}/{version}' },
  { ...update, method: 'PATCH', path: '/keys/{name}' },
  { ...update, method: 'PATCH', path: '/keys/{name}/{version}' },
  {
    method: 'POST',
    path: '/keys/{name}/rotate',
    operation: 'rotateKey',
    role: 'officer',
    action: 'keys/rotate/action',
    handle: async (vault, { name }) => answer(vault, name, await rotate(vault, name)),
  },
]
