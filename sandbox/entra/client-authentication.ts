import { createHash, timingSafeEqual } from 'node:crypto'

import { checkAssertion } from './client-assertion.ts'
import type { EntraContext } from './context.ts'
import { EntraError } from './errors.ts'
import type { Registration } from './state.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export type CredentialKind = 'secret' | 'certificate' | 'federated'

/** What a client proved itself with; a federated assertion is told from its own by `iss`. */
export interface ClientCredential {
  kind: CredentialKind
  secret?: string
  assertion?: string
}

/** The credential in a token request: in the body, or by HTTP Basic, form-encoded (RFC 6749 §2.3.1). */
export function readCredential(params: URLSearchParams, authorization: string | null): ClientCredential | undefined {
  const assertion = params.get('client_assertion')
  if (assertion) return { kind: issuerOf(assertion) === params.get('client_id') ? 'certificate' : 'federated', assertion }
  const basic = readBasic(authorization)
  const secret = params.get('client_secret') ?? basic?.secret
  return secret ? { kind: 'secret', secret } : undefined
}

/** The client id in the body or by HTTP Basic. @throws EntraError 900144 */
export function readClientId(params: URLSearchParams, authorization: string | null): string {
  const clientId = params.get('client_id') ?? readBasic(authorization)?.clientId
  if (!clientId) throw new EntraError(900144, "The request body must contain the parameter 'client_id'.")
  return clientId.toLowerCase()
}

function readBasic(authorization: string | null): { clientId: string; secret: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1]
  if (!encoded) return undefined
  const [clientId = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  const decode = (text: string) => new URLSearchParams(`v=${text}`).get('v') ?? ''
  return { clientId: decode(clientId), secret: decode(rest.join(':')) }
}

function issuerOf(assertion: string): unknown {
  try {
    return JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()).iss
  } catch {
    return undefined
  }
}

/**
 * Checks the credential.
 *
 * @param segment the `{tenant}` of the token endpoint that was called
 * @throws EntraError 7000218 none, 7000215 wrong secret, 7000222 expired secret, and those of the assertion
 */
export async function authenticateClient(
  context: EntraContext,
  registration: Registration,
  segment: string,
  params: URLSearchParams,
  credential: ClientCredential | undefined,
): Promise<void> {
  if (!credential) throw new EntraError(7000218)
  if (credential.assertion) {
    if (params.get('client_assertion_type') !== JWT_BEARER) {
      throw new EntraError(900144, "The parameter 'client_assertion_type' is missing or not supported.")
    }
    return checkAssertion(context, registration, segment, credential.kind, credential.assertion)
  }
  const matching = registration.secrets.filter(({ value }) => equal(value, credential.secret ?? ''))
  if (matching.length === 0) throw new EntraError(7000215)
  if (matching.every(({ expiresOn }) => new Date(expiresOn).getTime() <= Date.now())) throw new EntraError(7000222)
}

function equal(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
