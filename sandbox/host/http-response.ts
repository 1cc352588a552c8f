import type { ServerResponse } from 'node:http'

import type { HttpCookie, InvocationResponse } from './core-types.ts'

const SAME_SITE = { lax: 'Lax', strict: 'Strict', explicitNone: 'None', none: undefined } as const
/** The host frames the answer itself. */
const NOT_COPIED = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding'])

/** Writes the answer of a function without HTTP streaming; one that answered nothing is 204. */
export function writeResponse({ returnValue }: InvocationResponse, outgoing: ServerResponse): void {
  const http = returnValue?.http
  if (!http) {
    outgoing.writeHead(204).end()
    return
  }
  for (const [name, value] of Object.entries(http.headers ?? {})) if (!NOT_COPIED.has(name)) outgoing.setHeader(name, value)
  if (http.cookies?.length) outgoing.setHeader('set-cookie', http.cookies.map(serializeCookie))
  outgoing.statusCode = Number(http.statusCode ?? 200)
  const body = Buffer.from(http.body?.bytes ?? http.body?.string ?? '')
  if (outgoing.statusCode !== 204 && outgoing.statusCode !== 304) outgoing.setHeader('content-length', body.length)
  outgoing.end(body)
}

/** RFC 6265, as ASP.NET Core writes it: the value URL-encoded, `path=/` unless another is given. */
function serializeCookie(cookie: HttpCookie): string {
  const parts = [`${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`]
  const expires = cookie.expires?.value.seconds
  if (expires !== undefined) parts.push(`expires=${new Date(expires * 1000).toUTCString()}`)
  if (cookie.maxAge) parts.push(`max-age=${cookie.maxAge.value}`)
  if (cookie.domain) parts.push(`domain=${cookie.domain.value}`)
  parts.push(`path=${cookie.path?.value ?? '/'}`)
  if (cookie.secure?.value) parts.push('secure')
  const sameSite = SAME_SITE[cookie.sameSite ?? 'none']
  if (sameSite) parts.push(`samesite=${sameSite.toLowerCase()}`)
  if (cookie.httpOnly?.value) parts.push('httponly')
  return parts.join('; ')
}
