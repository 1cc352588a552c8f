import type { HttpCookie, HttpData } from './core-types.ts'
import { fail } from './http-front.ts'
import { bindingName, type HttpCall, headersOf, readAll } from './http-request.ts'

/** Without streaming: request and answer travel whole. A body without Content-Length is dropped, as the real host does. */
export async function answerBuffered(call: HttpCall): Promise<void> {
  const { request, response, target, invoker } = call
  const hasLength = Number(request.headers['content-length']) > 0
  const body = hasLength ? await readAll(request, call.maxBodyBytes) : undefined
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`)
  const http: HttpData = {
    method: request.method,
    url: url.href,
    nullableHeaders: nullable(headersOf(request)),
    nullableQuery: nullable(joined(url.searchParams)),
    nullableParams: nullable(call.params),
    ...(body && { body: { bytes: body } }),
  }
  try {
    const { returnValue } = await invoker.invoke(target, { inputData: [{ name: bindingName(target), data: { http } }] })
    if (!returnValue?.http) {
      response.writeHead(204).end()
      return
    }
    const { statusCode, headers = {}, cookies = [], body: answer } = returnValue.http
    const lines = cookies.map(serialize)
    response.writeHead(Number(statusCode ?? 200), { ...headers, ...(lines.length > 0 && { 'set-cookie': lines }) })
    response.end(answer?.bytes ?? answer?.string ?? answer?.json)
  } catch {
    fail(response, 500)
  }
}

function nullable(values: Record<string, string>): Record<string, { value: string }> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]))
}

function joined(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]))
}

const SAME_SITE = { none: undefined, lax: 'lax', strict: 'strict', explicitNone: 'none' } as const

/** The host writes cookies itself: values URL-encoded, path `/` unless given, `none` meaning "not set". */
function serialize(cookie: HttpCookie): string {
  const sameSite = SAME_SITE[cookie.sameSite ?? 'none']
  const parts = [
    `${cookie.name}=${encodeURIComponent(cookie.value)}`,
    cookie.maxAge && `max-age=${cookie.maxAge.value}`,
    cookie.domain && `domain=${cookie.domain.value}`,
    `path=${cookie.path?.value ?? '/'}`,
    cookie.expires && `expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`,
    cookie.secure?.value && 'secure',
    sameSite && `samesite=${sameSite}`,
    cookie.httpOnly?.value && 'httponly',
  ]
  return parts.filter(Boolean).join('; ')
}
