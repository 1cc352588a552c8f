/** Each problem code of the public contract and its HTTP status. A code without a status does not compile. */
export const problemStatus = {
  invalid_request: 400,
  unauthorized: 401,
  forbidden: 403,
  permission_missing: 403,
  not_found: 404,
  conflict: 409,
  reconnect_required: 409,
  identity_mismatch: 409,
  outcome_unknown: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  idempotency_mismatch: 422,
  unsupported: 422,
  mailbox_refused: 422,
  throttled: 429,
  provider_unhealthy: 502,
  upstream_failed: 502,
  upstream_unavailable: 503,
  store_unavailable: 503,
} as const

export type ProblemCode = keyof typeof problemStatus

/** Who takes the next step. */
export type Action = 'user' | 'tenantAdmin' | 'operator' | 'caller' | 'nobody'

/** What a person should do next, with the link where there is one. */
export interface NextStep {
  text: string
  url?: string
}

/** Where Microsoft answered: its service, its own code and the ids its support asks for. Never its free text. */
export interface Upstream {
  service: 'entra' | 'graph' | 'keyVault' | 'storage'
  code?: string
  traceId?: string
  correlationId?: string
}

/** One wrong place in the input; `pointer` is a JSON Pointer (RFC 6901), for a query parameter or header `?name` or its name. */
export interface InputError {
  pointer: string
  message: string
}

export interface ProblemDetails {
  reason?: string
  action?: Action
  nextStep?: NextStep
  errors?: InputError[]
  upstream?: Upstream
  /** Seconds; sent as `Retry-After`. */
  retryAfter?: number
  /** Further members of the problem, as the contract names them (`scope`, `limit`, `send`, …). Never a secret. */
  extra?: Record<string, unknown>
  cause?: unknown
}

const defaultAction: Record<ProblemCode, Action> = {
  invalid_request: 'caller',
  unauthorized: 'caller',
  forbidden: 'caller',
  permission_missing: 'user',
  not_found: 'caller',
  conflict: 'caller',
  reconnect_required: 'user',
  identity_mismatch: 'user',
  outcome_unknown: 'caller',
  precondition_failed: 'caller',
  payload_too_large: 'caller',
  idempotency_mismatch: 'caller',
  unsupported: 'caller',
  mailbox_refused: 'user',
  throttled: 'caller',
  provider_unhealthy: 'operator',
  upstream_failed: 'operator',
  upstream_unavailable: 'nobody',
  store_unavailable: 'nobody',
}

/** Seconds a caller waits when nothing better is known; the contract promises a `Retry-After` with these codes. */
const defaultRetryAfter: Partial<Record<ProblemCode, number>> = { throttled: 10, upstream_unavailable: 10, store_unavailable: 10 }

/**
 * The one error of the gateway. `detail` is shown to the caller: plain words, no token, secret, code, mail body or address,
 * and nothing copied from Microsoft's free text.
 */
export class AppError extends Error {
  readonly code: ProblemCode
  readonly action: Action
  readonly details: Omit<ProblemDetails, 'cause' | 'action'>

  constructor(code: ProblemCode, detail: string, { cause, action, ...details }: ProblemDetails = {}) {
    super(detail, { cause })
    this.name = 'AppError'
    this.code = code
    this.action = action ?? defaultAction[code]
    this.details = { retryAfter: defaultRetryAfter[code], ...details }
  }
}

/** A problem as it is stored with a connection or account, and shown: what {@link AppError} says, as data. */
export interface Problem {
  code: ProblemCode
  status: number
  detail: string
  action: Action
  reason?: string
  nextStep?: NextStep
  upstream?: Upstream
  errors?: InputError[]
}

export function problemOf(error: AppError): Problem {
  const { reason, nextStep, upstream, errors, extra } = error.details
  return {
    code: error.code,
    status: problemStatus[error.code],
    detail: error.message,
    action: error.action,
    reason,
    nextStep,
    upstream,
    errors,
    ...extra,
  }
}
