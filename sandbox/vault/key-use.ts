import { constants, createPrivateKey, createPublicKey, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'

import { json } from '../stand-in.ts'
import { badParameter, forbidden } from './errors.ts'
import { type KeyData, kidOf } from './keys.ts'
import type { Call, Route, Vault } from './routes.ts'
import { DIGEST_BYTES, type SignatureAlgorithm, signatureAlgorithms } from './signature.ts'
import { nowSeconds, type Version } from './store.ts'

type Operation = 'wrapKey' | 'unwrapKey' | 'sign' | 'verify'

/** Expired and not yet valid keys still open and check what they made. */
const ALLOWED_OUTSIDE_VALIDITY: Operation[] = ['unwrapKey', 'verify']

const OAEP_HASHES: Record<string, string> = { 'RSA-OAEP-256': 'sha256', 'RSA-OAEP': 'sha1' }

/** The version asked for, if it may do this now. */
function usable(vault: Vault, { name, version: id }: Call, operation: Operation): Version<KeyData> {
  const version = vault.keys.version(name, id)
  const refuse = (state: string, innerCode: string) => forbidden(`Operation ${operation} is not allowed on ${state}.`, innerCode)
  if (!version.enabled) throw refuse('a disabled key', 'KeyDisabled')
  if (!ALLOWED_OUTSIDE_VALIDITY.includes(operation)) {
    if (version.nbf !== undefined && nowSeconds() < version.nbf) throw refuse('a key that is not yet valid', 'KeyNotYetValid')
    if (version.exp !== undefined && nowSeconds() >= version.exp) throw refuse('an expired key', 'KeyExpired')
  }
  if (!version.data.operations.includes(operation)) {
    throw forbidden(`Operation ${operation} is not permitted on this key.`, 'KeyOperationForbidden')
  }
  return version
}

function wrapKey(vault: Vault, call: Call): Response {
  const version = usable(vault, call, 'wrapKey')
  const padding = oaepPadding(call)
  const value = refuseBadInput(() => publicEncrypt({ key: keysOf(version).publicKey, ...padding }, bytesOf(call, 'value')))
  return json(200, { kid: kidOf(vault, call.name, version), value: value.toString('base64url') })
}

function unwrapKey(vault: Vault, call: Call): Response {
  const version = usable(vault, call, 'unwrapKey')
  const padding = oaepPadding(call)
  const value = refuseBadInput(() => privateDecrypt({ key: keysOf(version).privateKey, ...padding }, bytesOf(call, 'value')))
  return json(200, { kid: kidOf(vault, call.name, version), value: value.toString('base64url') })
}

function sign(vault: Vault, call: Call): Response {
  const version = usable(vault, call, 'sign')
  const value = signatureAlgorithm(call, version).sign(keysOf(version).privateKey, digestOf(call, 'value'))
  return json(200, { kid: kidOf(vault, call.name, version), value: value.toString('base64url') })
}

function verify(vault: Vault, call: Call): Response {
  const version = usable(vault, call, 'verify')
  const [algorithm, digest, signature] = [signatureAlgorithm(call, version), digestOf(call, 'digest'), bytesOf(call, 'value')]
  let value = false
  try {
    value = algorithm.verify?.(keysOf(version).publicKey, digest, signature) ?? false
  } catch {
    // node:crypto throws on a signature whose padding or length is wrong: it is not this key's.
  }
  return json(200, { value })
}

const keyObjects = new WeakMap<KeyData, { privateKey: KeyObject; publicKey: KeyObject }>()

function keysOf({ data }: Version<KeyData>) {
  let found = keyObjects.get(data)
  if (!found) {
    const privateKey = createPrivateKey(data.privateKey)
    found = { privateKey, publicKey: createPublicKey(privateKey) }
    keyObjects.set(data, found)
  }
  return found
}

function oaepPadding({ body }: Call) {
  const hash = OAEP_HASHES[String(body.alg)]
  if (!hash) throw badParameter('alg must be RSA-OAEP-256 or RSA-OAEP.')
  return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }
}

function signatureAlgorithm({ body }: Call, version: Version<KeyData>): SignatureAlgorithm {
  const algorithm = signatureAlgorithms[String(body.alg)]
  if (!algorithm || algorithm.keyType !== keysOf(version).privateKey.asymmetricKeyType) {
    throw badParameter('alg must be PS256 or RS256 for an RSA key, ES256 for a key on P-256.')
  }
  return algorithm
}

function bytesOf({ body }: Call, member: string): Buffer {
  const value = body[member]
  if (typeof value !== 'string' || !/^[\w-]+$/.test(value)) throw badParameter(`${member} must be base64url.`)
  return Buffer.from(value, 'base64url')
}

function digestOf(call: Call, member: string): Buffer {
  const digest = bytesOf(call, member)
  if (digest.length !== DIGEST_BYTES) throw badParameter(`${member} must be a digest of ${DIGEST_BYTES} bytes.`)
  return digest
}

/** Too long to wrap, or not wrapped by this key: Key Vault says no more than that. */
function refuseBadInput(work: () => Buffer): Buffer {
  try {
    return work()
  } catch (error) {
    if (error instanceof Response) throw error
    throw badParameter('The parameter is incorrect.')
  }
}

const uses = {
  wrapkey: { operation: 'wrapKey', role: 'crypto', action: 'keys/wrap/action', handle: wrapKey },
  unwrapkey: { operation: 'unwrapKey', role: 'crypto', action: 'keys/unwrap/action', handle: unwrapKey },
  sign: { operation: 'sign', role: 'crypto', action: 'keys/sign/action', handle: sign },
  verify: { operation: 'verify', role: 'crypto', action: 'keys/verify/action', handle: verify },
} as const

/** Wrapping, unwrapping, signing and verifying, with a named version or the newest. */
export const keyUseRoutes: Route[] = Object.entries(uses).flatMap(([verb, use]) => [
  { ...use, method: 'POST', path: `/keys/{name}/${verb}` },
  { ...use, method: 'POST', path: `/keys/{name}/{version}/${verb}` },
])
