import type { Exchange } from './graph-exchange.ts'

/**
 * Adds the bearer token. A claims challenge (continuous access evaluation) is answered once with a token that carries the
 * claims; that is safe for writes too, since Graph refused the request.
 *
 * @see {@link https://learn.microsoft.com/entra/identity-platform/app-resilience-continuous-access-evaluation}
 */
export function withToken(next: Exchange): Exchange {
  return async (request) => {
    const send = (token: string) => next({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } })
    const response = await send(await request.mailbox.accessToken())
    const claims = response.status === 401 ? claimsChallenge(response.headers.get('www-authenticate')) : undefined
    return claims === undefined ? response : send(await request.mailbox.accessToken(claims))
  }
}

/** The claims (JSON text) that a `WWW-Authenticate` header demands; `undefined` when it demands none that can be read. */
export function claimsChallenge(header: string | null): string | undefined {
  const encoded = header && /[\s,]claims="([A-Za-z0-9+/=_-]+)"/i.exec(header)?.[1]
  if (!encoded) return undefined
  const claims = Buffer.from(encoded, 'base64').toString('utf8')
  try {
    JSON.parse(claims)
    return claims
  } catch {
    return undefined
  }
}
