import type { StandInRequest } from '../stand-in.ts'
import { GraphError } from './errors.ts'
import type { GraphService, GraphToken } from './service.ts'

const AUDIENCE = 'https://graph.microsoft.com'
const BEARER =
  'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"'

/** The caller's token, or 401. A revoked one is challenged for claims when its client said that it can answer that. */
export function authenticate(service: GraphService, request: StandInRequest): GraphToken {
  const [, value] = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? []
  if (!value) throw unauthenticated('Access token is empty.', BEARER)
  const token = service.verify(value, AUDIENCE)
  if (!token || !service.tenants.some(({ id }) => id === token.tid)) {
    throw unauthenticated('The access token could not be validated.', `${BEARER}, error="invalid_token"`)
  }
  if (token.revoked && token.cp1) throw challenge()
  return token
}

export const isAppOnly = (token: GraphToken) => token.scp.length === 0

/**
 * The claims challenge of continuous access evaluation: only a token issued from now on will do.
 *
 * @see {@link https://learn.microsoft.com/entra/identity-platform/claims-challenge Claims challenges}
 */
function challenge(): GraphError {
  const claims = { access_token: { nbf: { essential: true, value: String(Math.floor(Date.now() / 1000)) } } }
  const encoded = Buffer.from(JSON.stringify(claims)).toString('base64')
  return unauthenticated(
    'Continuous access evaluation resulted in a challenge: the token was issued before its session was revoked.',
    `${BEARER}, error="insufficient_claims", claims="${encoded}"`,
  )
}

function unauthenticated(message: string, header: string): GraphError {
  return new GraphError(401, 'InvalidAuthenticationToken', message, { 'www-authenticate': header })
}
