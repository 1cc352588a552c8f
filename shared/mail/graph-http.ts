import { AppError } from '../errors.ts'
import { ConnectionLost, type Exchange, isSafe } from './graph-exchange.ts'

/** The last link: one HTTP request to the one allowed host, no redirects, time-outs. */
export function createHttp(base: URL, fetch: typeof globalThis.fetch): Exchange {
  return async (request) => {
    // Checked where the bearer token leaves, so that no earlier mistake can send it elsewhere.
    if (!isBelow(base, request.url)) throw foreignUrl()
    const timeout = new AbortController()
    const timer = setTimeout(() => timeout.abort(), request.headersTimeoutMs)
    let response: Response
    try {
      response = await fetch(request.url, {
        method: request.method,
        headers: request.headers,
        body: request.body,
        redirect: 'manual',
        signal: AbortSignal.any([timeout.signal, request.signal]),
      })
    } catch (cause) {
      throw new ConnectionLost(!neverLeft(cause), cause)
    } finally {
      clearTimeout(timer)
    }
    if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
      await response.body?.cancel()
      throw new AppError('upstream_failed', 'Microsoft Graph answered with a redirect, which is not followed.', {
        upstream: { service: 'graph' },
      })
    }
    return request.stream && response.ok ? response : readWhole(response, request.method)
  }
}

/** Reads the body while the mailbox's place is still held; a cut body of a read is a broken connection, so it is retried. */
async function readWhole(response: Response, method: string): Promise<Response> {
  if (!response.body) return response
  try {
    const bytes = await response.arrayBuffer()
    return new Response(bytes.byteLength > 0 ? bytes : null, response)
  } catch (cause) {
    // The status of a refusal stands without its body.
    if (!response.ok && !isSafe(method)) return new Response(null, response)
    throw new ConnectionLost(true, cause)
  }
}

/** Is the URL on the base's origin and below its path, with nothing left to normalise? */
export function isBelow(base: URL, link: string): boolean {
  if (!URL.canParse(link)) return false
  const url = new URL(link)
  return (
    url.origin === base.origin &&
    !url.username &&
    !url.password &&
    url.pathname.startsWith(base.pathname) &&
    link.startsWith(`${url.origin}${url.pathname}`)
  )
}

export function foreignUrl(): AppError {
  return new AppError('upstream_failed', 'A link does not lead to Microsoft Graph and was not followed.', {
    upstream: { service: 'graph' },
  })
}

const NEVER_LEFT_CODES = new Set(['UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'])

/** True only for failures to find, reach or trust the host: everything else may have happened after the request left. */
function neverLeft(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { syscall } = cause as NodeJS.ErrnoException
    // A DOMException's code is a number.
    const code = String((cause as NodeJS.ErrnoException).code)
    if (syscall === 'connect' || syscall === 'getaddrinfo' || code === 'ECONNREFUSED') return true
    if (NEVER_LEFT_CODES.has(code) || code.includes('SELF_SIGNED_CERT') || code.startsWith('UNABLE_TO_')) return true
  }
  return false
}
