import type { HttpRequest } from '@azure/functions'
import type { ZodMiniType } from 'zod/mini'

import { AppError, type InputError } from '../errors.ts'

/** What the host itself uses in a query; never read, stored or passed on. */
const HOST_PARAMETERS = new Set(['code', 'clientId'])
const DEFAULT_BODY_BYTES = 256 * 1024
const JSON_DEPTH = 32

/** The query by its schema; a parameter given twice or not known is refused. */
export function readQuery<T>(url: string, schema: ZodMiniType<T>): T {
  const query: Record<string, string> = {}
  const errors: InputError[] = []
  for (const [name, value] of new URL(url).searchParams) {
    if (HOST_PARAMETERS.has(name)) continue
    if (name in query) errors.push({ pointer: `?${name}`, message: 'is given more than once' })
    query[name] = value
  }
  if (errors.length > 0) throw invalid(errors)
  return checked(schema, query, (path) => `?${String(path[0] ?? '')}`)
}

/**
 * The JSON body by its schema.
 *
 * @throws `payload_too_large` with `limit` (bytes), or `invalid_request` with a JSON Pointer for each wrong place
 */
export async function readBody<T>(request: HttpRequest, schema: ZodMiniType<T>, maxBytes = DEFAULT_BODY_BYTES): Promise<T> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  const bytes = await readBytes(request, maxBytes)
  if (bytes.length > 0 && type !== 'application/json') {
    throw invalid([{ pointer: 'content-type', message: 'must be application/json' }])
  }
  let value: unknown
  try {
    value = bytes.length === 0 ? {} : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw invalid([{ pointer: '', message: 'is not JSON in UTF-8' }])
  }
  if (deeperThan(value, JSON_DEPTH)) throw invalid([{ pointer: '', message: `is nested deeper than ${JSON_DEPTH} levels` }])
  return checked(schema, value, (path) =>
    path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
  )
}

/** The whole body, at most so many bytes. */
export async function readBytes(request: HttpRequest, maxBytes: number): Promise<Buffer> {
  const tooLarge = () =>
    new AppError('payload_too_large', `The body is larger than this route takes (${maxBytes} bytes).`, {
      extra: { limit: maxBytes },
    })
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function checked<T>(schema: ZodMiniType<T>, value: unknown, pointer: (path: PropertyKey[]) => string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw invalid(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ pointer: pointer([...issue.path, key]), message: 'is not known here' }))
        : [{ pointer: pointer(issue.path), message: issue.message }],
    ),
  )
}

export function invalid(errors: InputError[]): AppError {
  return new AppError('invalid_request', 'The request is not as this route takes it; see "errors".', { errors })
}

/** Without recursion: a hostile body may be nested deeper than the stack. */
function deeperThan(value: unknown, limit: number): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []))
  }
  return false
}
