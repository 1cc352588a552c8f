import 'reflect-metadata'

import { randomBytes, webcrypto } from 'node:crypto'

import * as x509 from '@peculiar/x509'

import { openState } from './state.ts'

/** A throw-away certificate authority and one server certificate under it, as PEM. */
export interface Certificates {
  ca: string
  server: { cert: string; key: string }
}

/** Names the server certificate is good for; `*.test` hosts are mapped to loopback by browser tests. */
const HOST_NAMES = ['localhost', 'login.contoso.test', 'app.fabrikam.test', 'gateway.contoso.test', 'graph.contoso.test']
const VALID_DAYS = 365
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** Makes the certificates, or opens those made before in this folder. */
export async function openCertificates(folder?: string): Promise<Certificates> {
  const state = openState<Certificates | null>(folder, 'certificates', () => null)
  if (!state.value) {
    state.value = await makeCertificates()
    state.flush()
  }
  return state.value
}

async function makeCertificates(): Promise<Certificates> {
  const crypto = webcrypto as Crypto
  x509.cryptoProvider.set(crypto)
  const validity = { notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + VALID_DAYS * 86_400_000) }

  const caKeys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    // A name of its own: OpenSSL finds issuers by name, and a process may trust several of these authorities.
    name: `CN=Mail gateway sandbox ${randomBytes(4).toString('hex')} (throw-away)`,
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })

  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const leaf = await x509.X509CertificateGenerator.create({
    subject: 'CN=localhost',
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    ...validity,
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        ...HOST_NAMES.map((value) => ({ type: 'dns' as const, value })),
        { type: 'ip', value: '127.0.0.1' },
      ]),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  })
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`
  return { ca: `${ca.toString('pem')}\n`, server: { cert: `${leaf.toString('pem')}\n`, key } }
}
