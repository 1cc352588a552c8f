import 'reflect-metadata'

import * as x509 from '@peculiar/x509'
import { type JWTPayload, SignJWT } from 'jose'

export interface AppCertificate {
  certificate: string
  /** Key and certificate, as the SDK wants them. */
  pem: string
  thumbprint: string
  privateKey: CryptoKey
}

/** A self-signed certificate for client assertions. */
export async function makeCertificate(): Promise<AppCertificate> {
  const algorithm = { name: 'RSA-PSS', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=gateway',
    keys,
    signingAlgorithm: { ...algorithm, saltLength: 32 } as Algorithm,
  })
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const certificate = `${made.toString('pem')}\n`
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`
  const thumbprint = Buffer.from(await made.getThumbprint('SHA-256')).toString('base64url')
  return { certificate, pem: `${key}${certificate}`, thumbprint, privateKey: keys.privateKey }
}

/** A client assertion (PS256, `x5t#S256`); given claims replace the right ones. */
export function makeAssertion(
  { privateKey, thumbprint }: AppCertificate,
  clientId: string,
  audience: string,
  claims: JWTPayload = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const all = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    jti: crypto.randomUUID(),
    nbf: now,
    iat: now,
    exp: now + 600,
    ...claims,
  }
  return new SignJWT(all).setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint }).sign(privateKey)
}
