import { createHash } from 'node:crypto'

import { ExpiringMap } from '../expiring-map.ts'

/** A certificate whose private key stays in the vault. */
export interface SigningCertificate {
  /** Its name and version in the vault. */
  name: string
  version: string
  /** `x5t#S256`: base64url of the SHA-256 of the DER. */
  thumbprintSha256: string
}

export interface AssertionRequest {
  clientId: string
  /** The one endpoint that will take the assertion. */
  tokenEndpoint: URL
  certificate: SigningCertificate
}

export interface ClientAssertions {
  /** A signed JWT, a new one or that of before. @throws what `sign` throws */
  assertionFor(request: AssertionRequest): Promise<string>
}

export interface ClientAssertionOptions {
  /** RSASSA-PSS with SHA-256 over a ready digest, by the vault. */
  sign(certificate: SigningCertificate, digest: Buffer): Promise<Buffer>
  /** Milliseconds. */
  now(): number
  /** A GUID, for `jti`. */
  randomId(): string
}

/** The longest that Entra advises. */
const LIFE_SECONDS = 600
/** An assertion is not begun to be used in its last minute; one second more because its times are cut to whole seconds. */
const REUSE_MS = (LIFE_SECONDS - 60 - 1) * 1000
/** One for each tenant that is refreshed within ten minutes; about a kilobyte each. */
const MAX_KEPT = 5_000

/**
 * Client assertions signed by a certificate in the vault: one for each version of it and each token endpoint, kept in memory and shared by
 * all who ask, since a signature costs a call to the vault.
 *
 * @see {@link https://learn.microsoft.com/entra/identity-platform/certificate-credentials Certificate credentials}
 * @see {@link https://www.rfc-editor.org/rfc/rfc7523#section-3 RFC 7523 §3}
 */
export function createClientAssertions({ sign, now, randomId }: ClientAssertionOptions): ClientAssertions {
  const kept = new ExpiringMap<string, Promise<string>>(MAX_KEPT, REUSE_MS, now)

  async function make({ clientId, tokenEndpoint, certificate }: AssertionRequest): Promise<string> {
    const issuedAt = Math.floor(now() / 1000)
    const header = { alg: 'PS256', typ: 'JWT', 'x5t#S256': certificate.thumbprintSha256 }
    const claims = {
      aud: tokenEndpoint.href,
      iss: clientId,
      sub: clientId,
      jti: randomId(),
      nbf: issuedAt,
      iat: issuedAt,
      exp: issuedAt + LIFE_SECONDS,
    }
    const input = `${encode(header)}.${encode(claims)}`
    const signature = await sign(certificate, createHash('sha256').update(input).digest())
    return `${input}.${signature.toString('base64url')}`
  }

  return {
    assertionFor(request) {
      const { clientId, tokenEndpoint, certificate } = request
      const { name, version, thumbprintSha256 } = certificate
      const key = JSON.stringify([clientId, tokenEndpoint.href, name, version, thumbprintSha256])
      const known = kept.get(key)
      if (known) return known
      const made = make(request).catch((error) => {
        // Whoever asks next signs anew, unless someone already does.
        if (kept.get(key) === made) kept.delete(key)
        throw error
      })
      kept.set(key, made)
      return made
    },
  }
}

/** A part of a JWS in compact form (RFC 7515 §3.1). */
function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
