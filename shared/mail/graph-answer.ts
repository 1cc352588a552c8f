import { AppError } from '../errors.ts'
import type { GraphFailure } from './graph-errors.ts'
import { parseRetryAfter } from './retry-after.ts'

/** Longer or stranger codes are not Graph's and could carry anything. */
const ERROR_CODE = /^[\w.-]{1,100}$/

/** What Graph said about a failure: its own error object where the body has one. */
export async function readFailure(
  response: Response,
  now: number,
): Promise<Pick<GraphFailure, 'status' | 'code' | 'message' | 'requestId' | 'retryAfterMs'>> {
  const { code, message } = await readError(response)
  return {
    status: response.status,
    code: typeof code === 'string' && ERROR_CODE.test(code) ? code : undefined,
    message: typeof message === 'string' ? message : undefined,
    requestId: response.headers.get('request-id') ?? undefined,
    retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), now),
  }
}

async function readError(response: Response): Promise<{ code?: unknown; message?: unknown }> {
  try {
    const body = (await response.json()) as { error?: unknown } | null
    return typeof body?.error === 'object' && body.error !== null ? body.error : {}
  } catch {
    return {}
  }
}

/** The JSON object of a successful answer, with Graph's own (all optional) type for it. */
export async function readJson<T extends object>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new AppError('upstream_failed', 'Microsoft Graph answered something other than the JSON it documents.', {
      upstream: { service: 'graph', traceId: response.headers.get('request-id') ?? undefined },
    })
  }
  return body as T
}
