import type { ClientCredential } from './client-authentication.ts'
import type { Endpoint } from './directory.ts'
import { EntraError } from './errors.ts'
import type { Registration } from './state.ts'

/** A token request whose client is known and authenticated. */
export interface TokenRequest {
  endpoint: Endpoint
  params: URLSearchParams
  registration: Registration
  credential: ClientCredential
  cp1: boolean
}

/** The members of a successful answer (RFC 6749 §5.1). */
export interface TokenResponse {
  token_type: 'Bearer'
  scope?: string
  expires_in: number
  ext_expires_in: number
  access_token: string
  refresh_token?: string
  id_token?: string
  client_info?: string
}

/** @throws EntraError 900144 */
export function required(params: URLSearchParams, name: string): string {
  const value = params.get(name)
  if (!value) throw new EntraError(900144, `The request body must contain the parameter '${name}'.`)
  return value
}
