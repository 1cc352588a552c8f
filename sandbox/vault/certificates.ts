import { createHash, X509Certificate } from 'node:crypto'

import { json } from '../stand-in.ts'
import { type CertificateMaterial, readMaterial } from './certificate-material.ts'
import { badParameter } from './errors.ts'
import { objectRoutes } from './object-routes.ts'
import { writePkcs12 } from './pkcs12-writer.ts'
import type { Call, Route, Vault } from './routes.ts'
import type { ObjectStore, Version, VersionChanges } from './store.ts'
import { attributesOf, changesFrom } from './wire.ts'

export interface CertificateData {
  /** DER, base64. Its private key is in the key of the same name and version. */
  cer: string
  exportable: boolean
  keyType: 'RSA' | 'EC'
  keySize: number
}

const CONTENT_TYPE = 'application/x-pkcs12'

const item = (id: string, version: Version<CertificateData>) => ({
  id,
  x5t: createHash('sha1').update(Buffer.from(version.data.cer, 'base64')).digest('base64url'),
  attributes: attributesOf(version),
  tags: version.tags,
})

function bundle(id: string, version: Version<CertificateData>) {
  const { cer, exportable, keyType, keySize } = version.data
  const [kid, sid] = ['keys', 'secrets'].map((collection) => id.replace('/certificates/', `/${collection}/`))
  const policy = {
    id: `${id.split('/').slice(0, -1).join('/')}/policy`,
    key_props: { exportable, kty: keyType, key_size: keySize, reuse_key: false },
    secret_props: { contentType: CONTENT_TYPE },
    x509_props: { subject: new X509Certificate(Buffer.from(cer, 'base64')).subject.replaceAll('\n', ', ') },
    issuer: { name: 'Unknown' },
  }
  return { ...item(id, version), kid, sid, cer, policy }
}

function answer(vault: Vault, name: string, version: Version<CertificateData>): Response {
  return json(200, bundle(`${vault.url}/certificates/${vault.certificates.get(name).name}/${version.id}`, version))
}

async function importCertificate(vault: Vault, { name, body }: Call): Promise<Response> {
  const { value, pwd = '' } = body
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/\s]+=*\s*$/.test(value)) throw badParameter('value must be a PFX in base64.')
  if (typeof pwd !== 'string') throw badParameter('pwd must be a text.')
  const material = await readMaterial(Buffer.from(value, 'base64'), pwd)
  const { enabled, tags } = changesFrom(body)
  const version = addCertificate(vault, name, material, { exportable: exportableFrom(body, material), enabled, tags })
  return answer(vault, name, version)
}

/** A private key is exportable unless a policy says otherwise; a policy must name the content type and fit the key. */
function exportableFrom({ policy }: Record<string, unknown>, { keyType, key }: CertificateMaterial): boolean {
  if (policy === undefined) return true
  const { key_props = {}, secret_props } = policy as Record<string, Record<string, unknown> | undefined>
  const { exportable = true, kty = keyType, key_size: size = key.size } = key_props
  const fits = secret_props?.contentType === CONTENT_TYPE && kty === keyType && size === key.size
  if (!fits || typeof exportable !== 'boolean') throw badParameter('Property policy has invalid value')
  return exportable
}

/**
 * A new version, with a key of the same version to sign with and a secret that holds the private key only when it is exportable.
 *
 * @see {@link https://learn.microsoft.com/azure/key-vault/certificates/about-certificates#exportable-or-non-exportable-key Exportable or not}
 */
export function addCertificate(
  vault: Vault,
  name: string,
  { certificates, privateKey, key, keyType, exp, nbf }: CertificateMaterial,
  { exportable, enabled, tags }: { exportable: boolean } & VersionChanges,
): Version<CertificateData> {
  for (const store of partsOf(vault)) store.assertFree(name, true)
  const changes = { enabled, tags, exp, nbf }
  const cer = (certificates[0] as Buffer).toString('base64')
  const version = vault.certificates.add(name, { cer, exportable, keyType, keySize: key.size }, changes)
  vault.keys.add(name, key, changes, version.id)
  const privateKeys = exportable ? [privateKey] : []
  const value = writePkcs12({ privateKeys, certificates, password: '' }).toString('base64')
  vault.secrets.add(name, { value, contentType: CONTENT_TYPE }, changes, version.id)
  return version
}

/** A disabled or expired certificate is still shown; its key does not sign. */
function getCertificate(vault: Vault, { name, version }: Call): Response {
  return answer(vault, name, vault.certificates.version(name, version))
}

function updateCertificate(vault: Vault, { name, version: id, body }: Call): Response {
  const version = vault.certificates.version(name, id)
  const { enabled, tags } = changesFrom(body)
  vault.certificates.update(version, { enabled, tags })
  for (const store of partsOf(vault)) store.update(store.version(name, version.id), { enabled })
  return answer(vault, name, version)
}

const partsOf = (vault: Vault): ObjectStore<unknown>[] => [vault.keys, vault.secrets]

const get = {
  operation: 'getCertificate',
  role: 'certificatesRead',
  action: 'certificates/read',
  handle: getCertificate,
} as const
const update = {
  operation: 'updateCertificate',
  role: 'officer',
  action: 'certificates/update/action',
  handle: updateCertificate,
} as const

/**
 * The certificate operations of the data plane that an imported certificate needs.
 *
 * @see {@link https://learn.microsoft.com/rest/api/keyvault/certificates/operation-groups Certificates}
 */
export const certificateRoutes: Route[] = [
  ...objectRoutes<CertificateData>({
    noun: 'Certificate',
    collection: 'certificates',
    readRole: 'certificatesRead',
    readAction: 'certificates/read',
    store: (vault) => vault.certificates,
    parts: partsOf,
    item,
    summary: bundle,
  }),
  {
    method: 'POST',
    path: '/certificates/{name}/import',
    operation: 'importCertificate',
    role: 'officer',
    action: 'certificates/import/action',
    handle: importCertificate,
  },
  { ...get, method: 'GET', path: '/certificates/{name}' },
  { ...get, method: 'GET', path: '/certificates/{name}/{version}' },
  { ...update, method: 'PATCH', path: '/certificates/{name}' },
  { ...update, method: 'PATCH', path: '/certificates/{name}/{version}' },
]
