import 'reflect-metadata'

import { randomBytes, webcrypto } from 'node:crypto'

import * as x509 from '@peculiar/x509'

import { type Pkcs12Input, writePkcs12 } from '../../sandbox/vault/pkcs12-writer.ts'

export const { KeyUsageFlags } = x509

export interface CertificateOptions {
  curve?: boolean
  bits?: number
  notBefore?: Date
  notAfter?: Date
  keyUsages?: x509.KeyUsageFlags
}

export interface TestCertificate {
  /** PKCS #8, DER. */
  privateKey: Buffer
  /** DER. */
  certificate: Buffer
  certificatePem: string
}

const DAY_MS = 86_400_000
const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A self-signed certificate, by default RSA with 2048 bits, good from yesterday for a month. */
export async function makeCertificate(options: CertificateOptions = {}): Promise<TestCertificate> {
  const { curve, bits = 2048, keyUsages } = options
  const crypto = webcrypto as Crypto
  x509.cryptoProvider.set(crypto)
  const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: bits }
  const algorithm = curve ? CURVE : rsa
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(8).toString('hex'),
    name: 'CN=gateway, O=Contoso',
    keys,
    signingAlgorithm: algorithm,
    notBefore: options.notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: options.notAfter ?? new Date(Date.now() + 30 * DAY_MS),
    extensions: keyUsages === undefined ? [] : [new x509.KeyUsagesExtension(keyUsages, true)],
  })
  return {
    privateKey: Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)),
    certificate: Buffer.from(made.rawData),
    certificatePem: `${made.toString('pem')}\n`,
  }
}

/** The PFX of a certificate, with whatever is to be different. */
export function makePfx({ privateKey, certificate }: TestCertificate, password: string, more: Partial<Pkcs12Input> = {}): Buffer {
  return writePkcs12({ privateKeys: [privateKey], certificates: [certificate], password, ...more })
}
