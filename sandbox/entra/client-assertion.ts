import { X509Certificate } from 'node:crypto'

import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'

import type { CredentialKind } from './client-authentication.ts'
import type { EntraContext } from './context.ts'
import { admits, resolveEndpoint } from './directory.ts'
import { EntraError } from './errors.ts'
import type { Registration } from './state.ts'

/** Entra's tolerance for clocks; an assertion itself may live ten minutes (identity-platform/certificate-credentials). */
const CLOCK_TOLERANCE_SECONDS = 300
const LONGEST_LIFE_SECONDS = 600

/**
 * Checks a client assertion (RFC 7523 §3): signed by a registered certificate, or a token of another issuer that the
 * registration trusts (workload identity federation).
 *
 * @throws EntraError 50027, 700023, 700024, 700027, 70021
 */
export async function checkAssertion(
  context: EntraContext,
  registration: Registration,
  segment: string,
  kind: CredentialKind,
  assertion: string,
): Promise<void> {
  if (kind === 'federated') return checkFederated(context, registration, assertion)
  const claims = await verifySignature(registration, assertion)
  if (claims.iss !== registration.clientId || claims.sub !== registration.clientId || !claims.jti || claims.exp === undefined) {
    throw new EntraError(50027, "The client assertion needs 'iss' and 'sub' (the client id), 'jti' and 'exp'.")
  }
  if (!audiences(context, segment).some((audience) => [claims.aud].flat().includes(audience))) throw new EntraError(700023)
  const now = Date.now() / 1000
  if (claims.exp > now + LONGEST_LIFE_SECONDS + CLOCK_TOLERANCE_SECONDS) throw new EntraError(700024)
}

async function verifySignature(registration: Registration, assertion: string): Promise<JWTPayload> {
  const certificate = signingCertificate(registration, assertion)
  try {
    const { payload } = await jwtVerify(assertion, certificate.publicKey, {
      algorithms: ['PS256', 'RS256'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(),
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) throw new EntraError(700024)
    throw new EntraError(700027, 'The signature of the client assertion is not valid.')
  }
}

function signingCertificate(registration: Registration, assertion: string): X509Certificate {
  const header = readHeader(assertion)
  const certificate = registration.certificates
    .map((pem) => new X509Certificate(pem))
    .find((one) => thumbprint(one.fingerprint256) === header['x5t#S256'] || thumbprint(one.fingerprint) === header.x5t)
  if (!certificate) throw new EntraError(700027)
  return certificate
}

function readHeader(assertion: string): { 'x5t#S256'?: unknown; x5t?: string } {
  try {
    return decodeProtectedHeader(assertion)
  } catch {
    throw new EntraError(50027)
  }
}

const thumbprint = (fingerprint: string) => Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url')

/** The token endpoint that was called, by the tenant's id too; an assertion made for common or consumers is refused. */
function audiences(context: EntraContext, segment: string): string[] {
  const endpoint = resolveEndpoint(segment)
  if (endpoint.kind === 'common' || endpoint.kind === 'consumers') return []
  const names = endpoint.kind === 'tenant' ? [segment, endpoint.tenant.id] : [segment]
  return names.map((name) => `${context.origin()}/${name}/oauth2/v2.0/token`)
}

/** Only tokens of this provider can be verified here: a managed identity's. */
function checkFederated(context: EntraContext, registration: Registration, assertion: string): void {
  readHeader(assertion)
  const claims = context.keys.verify(assertion)
  const issuer = (template: string) => template.replace('{authority}', context.origin())
  const trusted = registration.federatedCredentials.some(
    (one) => claims && issuer(one.issuer) === claims.iss && one.subject === claims.sub && one.audience === claims.aud,
  )
  if (!claims || !trusted) throw new EntraError(70021)
  // The identity and the registration must be of one tenant (workload-identity-federation-considerations).
  if (!admits(resolveEndpoint(registration.homeTenantId), String(claims.tid))) throw new EntraError(70021)
  if ((claims.exp ?? 0) + CLOCK_TOLERANCE_SECONDS < Date.now() / 1000) throw new EntraError(700024)
}
