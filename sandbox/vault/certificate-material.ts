import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'

import { type Pkcs12, readPkcs12 } from '../../shared/oauth/pkcs12.ts'
import { Pkcs12Error } from '../../shared/oauth/pkcs12-encryption.ts'
import { badParameter } from './errors.ts'
import type { KeyData } from './keys.ts'

/** What a PFX brings into the vault. */
export interface CertificateMaterial {
  /** DER, the one of the key first. */
  certificates: Buffer[]
  /** PKCS #8, DER. */
  privateKey: Buffer
  key: KeyData
  keyType: 'RSA' | 'EC'
  /** Unix seconds. */
  exp: number
  nbf: number
}

const RSA_SIZES = [2048, 3072, 4096]

/** Opens a PFX. @throws 400 `BadParameter` */
export async function readMaterial(pfx: Buffer, password: string): Promise<CertificateMaterial> {
  const { privateKeys, certificates } = await open(pfx, password)
  const [privateKey] = privateKeys
  if (!privateKey) throw badParameter('The PFX holds no private key.')
  const keyObject = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' })
  const leaf = certificates.find((certificate) => belongs(certificate, keyObject))
  if (!leaf) throw badParameter('The PFX holds no certificate of its private key.')
  const { validFrom, validTo } = new X509Certificate(leaf)
  const [nbf, exp] = [validFrom, validTo].map((time) => Date.parse(time) / 1000) as [number, number]
  const key = keyDataOf(keyObject)
  return {
    certificates: [leaf, ...certificates.filter((certificate) => certificate !== leaf)],
    privateKey,
    key,
    keyType: key.ec ? 'EC' : 'RSA',
    exp,
    nbf,
  }
}

async function open(pfx: Buffer, password: string): Promise<Pkcs12> {
  try {
    return await readPkcs12(pfx, password)
  } catch (error) {
    if (!(error instanceof Pkcs12Error)) throw badParameter('The certificate is not a PFX.')
    if (error.problem === 'password') throw badParameter('The specified PKCS #12 password is not correct.')
    throw badParameter('The PFX is protected in a way that this stand-in does not read.')
  }
}

function belongs(certificate: Buffer, key: KeyObject): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(key)
  } catch {
    return false
  }
}

/** RSA of the sizes that Key Vault takes; of the curves this stand-in has P-256 only, and it only signs with it. */
function keyDataOf(key: KeyObject): KeyData {
  const privateKey = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const { kty, n, e, crv = '', x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' })
  const size = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (kty === 'RSA' && RSA_SIZES.includes(size)) {
    return { privateKey, n, e, size, operations: ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'] }
  }
  if (crv === 'P-256') return { privateKey, size: 256, ec: { crv, x, y }, operations: ['sign'] }
  throw badParameter('The key of the certificate is of a type or size that is not supported.')
}
