import { AppError, type Upstream } from '../errors.ts'
import {
  type GraphErrorMeaning,
  graphErrorFamilies,
  graphErrorTable,
  graphStatusTable,
  mailboxExcluded,
  otherMailboxDenied,
} from './graph-error-table.ts'
import { permissionMissing } from './mailbox.ts'
import { toRetryAfterSeconds } from './retry-after.ts'

/** An answer of Graph that is not the success its documentation promises. */
export interface GraphFailure {
  status: number
  /** `error.code` and `error.message` of the body; the message is only looked at, never shown. */
  code?: string
  message?: string
  requestId?: string
  clientRequestId: string
  retryAfterMs?: number
  /** The mailbox is the signed-in person's own (`/me`). */
  ownMailbox: boolean
  /** The gateway permission that the call needs. */
  permission?: string
}

/**
 * A write whose effect is not known: the connection broke after the request may have left, or a gateway in between
 * gave up waiting. Whoever writes must not repeat it without looking first.
 */
export class UnknownOutcome extends AppError {
  constructor(cause: unknown, upstream: Upstream) {
    super('upstream_unavailable', 'The answer of Microsoft Graph was lost; the change may or may not have been made.', {
      cause,
      upstream,
    })
    this.name = 'UnknownOutcome'
  }
}

/** Graph's answer as a problem for our caller: by its code, else by the code's family, else by the status. */
export function toAppError(failure: GraphFailure): AppError {
  const upstream = toUpstream(failure)
  if (failure.status === 401) {
    return new AppError('reconnect_required', 'Microsoft Graph no longer accepts the sign-in of this account.', { upstream })
  }
  const meaning = meaningOf(failure)
  if (meaning === 'permission_missing') return permissionMissing(failure.permission ?? 'read', { upstream })
  const { code, reason, action, detail, remedy } = meaning
  return new AppError(code, detail, {
    reason,
    action,
    upstream,
    ...(remedy && { nextStep: { text: remedy } }),
    ...(failure.retryAfterMs !== undefined && mayRepeat(code) && { retryAfter: toRetryAfterSeconds(failure.retryAfterMs) }),
    ...(code === 'throttled' && { extra: { scope: 'mailbox' } }),
  })
}

export function toUpstream({ code, requestId, clientRequestId }: Omit<GraphFailure, 'status' | 'ownMailbox'>): Upstream {
  return { service: 'graph', code, traceId: requestId, correlationId: clientRequestId }
}

function meaningOf(failure: GraphFailure): GraphErrorMeaning | 'permission_missing' {
  const { status, code = '' } = failure
  if (status === 403 && isPolicyDenial(failure.message)) return mailboxExcluded
  const known = Object.hasOwn(graphErrorTable, code) ? graphErrorTable[code] : undefined
  const meaning = known ?? graphErrorFamilies.find(([prefix]) => code.startsWith(prefix))?.[1]
  if (meaning) return meaning
  if (status === 403) return failure.ownMailbox ? 'permission_missing' : otherMailboxDenied
  return graphStatusTable[status] ?? notUnderstood
}

const notUnderstood: GraphErrorMeaning = {
  code: 'upstream_failed',
  detail: 'Microsoft Graph answered in a way the gateway does not understand.',
}

/**
 * An application access policy answers with the code of any other denial; its text is the only sign.
 *
 * @see {@link https://learn.microsoft.com/graph/auth-limit-mailbox-access}
 */
function isPolicyDenial(message = ''): boolean {
  return /access to odata is disabled|apponly accesspolicy/i.test(message)
}

function mayRepeat(code: AppError['code']): boolean {
  return code === 'throttled' || code === 'upstream_unavailable'
}
