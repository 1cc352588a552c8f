import { json } from '../stand-in.ts'
import { badParameter, forbidden } from './errors.ts'
import { objectRoutes } from './object-routes.ts'
import type { Call, Route, Vault } from './routes.ts'
import type { Version } from './store.ts'
import { attributesOf, changesFrom } from './wire.ts'

export interface SecretData {
  value: string
  contentType?: string
}

/** Key Vault refuses a longer value. */
const MAX_VALUE_BYTES = 25 * 1024

const item = (id: string, version: Version<SecretData>) => ({
  id,
  contentType: version.data.contentType,
  attributes: attributesOf(version),
  tags: version.tags,
  managed: version.managed,
})

function bundle(vault: Vault, name: string, version: Version<SecretData>): Response {
  return json(200, { value: version.data.value, ...item(idOf(vault, name, version), version) })
}

function setSecret(vault: Vault, { name, body }: Call): Response {
  const { value } = body
  if (typeof value !== 'string') throw badParameter('The secret must have a value.')
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) throw badParameter(`The value is longer than ${MAX_VALUE_BYTES} bytes.`)
  return bundle(vault, name, vault.secrets.add(name, { value, contentType: contentTypeOf(body) }, changesFrom(body)))
}

/** An expired secret is still answered: `exp` is information only. */
function getSecret(vault: Vault, { name, version: id }: Call): Response {
  const version = vault.secrets.version(name, id)
  if (!version.enabled) throw forbidden('Operation get is not allowed on a disabled secret.', 'SecretDisabled')
  return bundle(vault, name, version)
}

function updateSecret(vault: Vault, { name, version: id, body }: Call): Response {
  const version = vault.secrets.version(name, id)
  const changes = changesFrom(body)
  version.data.contentType = contentTypeOf(body) ?? version.data.contentType
  vault.secrets.update(version, changes)
  return json(200, item(idOf(vault, name, version), version))
}

function idOf(vault: Vault, name: string, version: Version<SecretData>): string {
  return `${vault.url}/secrets/${vault.secrets.get(name).name}/${version.id}`
}

function contentTypeOf(body: Record<string, unknown>): string | undefined {
  return typeof body.contentType === 'string' ? body.contentType : undefined
}

const set = { operation: 'setSecret', role: 'officer', action: 'secrets/setSecret/action', handle: setSecret } as const
const get = { operation: 'getSecret', role: 'secretsRead', action: 'secrets/getSecret/action', handle: getSecret } as const
const update = { operation: 'updateSecret', role: 'officer', action: 'secrets/update/action', handle: updateSecret } as const

/**
 * The secret operations of the data plane.
 *
 * @see {@link https://learn.microsoft.com/rest/api/keyvault/secrets/operation-groups Secrets}
 */
export const secretRoutes: Route[] = [
  ...objectRoutes<SecretData>({
    noun: 'Secret',
    collection: 'secrets',
    readRole: 'secretsRead',
    readAction: 'secrets/readMetadata/action',
    store: (vault) => vault.secrets,
    item,
    summary: item,
  }),
  { ...set, method: 'PUT', path: '/secrets/{name}' },
  { ...get, method: 'GET', path: '/secrets/{name}' },
  { ...get, method: 'GET', path: '/secrets/{name}/{version}' },
  { ...update, method: 'PATCH', path: '/secrets/{name}' },
  { ...update, method: 'PATCH', path: '/secrets/{name}/{version}' },
]
