import { type Action, AppError, type ProblemCode, type Upstream } from '../errors.ts'
import { EntraFailure, type Verdict } from './entra-answer.ts'

/** One class of Entra's answers: what it says about the account, who must act, and what is said to them. */
interface ErrorClass {
  verdict: Verdict
  code: ProblemCode
  action: Action
  text: string
}

const classes = {
  reconnect: {
    verdict: 'account',
    code: 'reconnect_required',
    action: 'user',
    text: 'Microsoft no longer accepts the sign-in of this mailbox; its owner must sign in again.',
  },
  blocked: {
    verdict: 'account',
    code: 'reconnect_required',
    action: 'tenantAdmin',
    text: "A policy of the organisation, or the state of the person's account, keeps this mailbox from being used; its administrator can help.",
  },
  app: {
    verdict: 'provider',
    code: 'provider_unhealthy',
    action: 'operator',
    text: "Microsoft Entra refuses the gateway's own registration or credential; the operator of the gateway must mend it.",
  },
  appInTenant: {
    verdict: 'provider',
    code: 'provider_unhealthy',
    action: 'tenantAdmin',
    text: 'The application is missing, disabled or not consented to in this organisation; its administrator can approve it.',
  },
  wrongCloud: {
    verdict: 'provider',
    code: 'provider_unhealthy',
    action: 'operator',
    text: "The account lives in another Microsoft cloud than the gateway's provider; the operator must set the cloud.",
  },
  retry: {
    verdict: 'transient',
    code: 'upstream_unavailable',
    action: 'nobody',
    text: 'Microsoft Entra is not able to answer right now; the gateway tries again by itself.',
  },
  loop: {
    verdict: 'transient',
    code: 'upstream_unavailable',
    action: 'nobody',
    text: 'Microsoft Entra found the same request repeated too often; the gateway waits before it asks again.',
  },
  usedCode: {
    verdict: 'transient',
    code: 'invalid_request',
    action: 'user',
    text: 'This sign-in was already used; open the link again.',
  },
  unknown: {
    verdict: 'transient',
    code: 'upstream_failed',
    action: 'operator',
    text: 'Microsoft Entra gave an answer that the gateway does not understand.',
  },
} as const satisfies Record<string, ErrorClass>

type ClassName = keyof typeof classes

/**
 * AADSTS numbers by class. Microsoft may change them at any time, so an unknown number falls back to the OAuth `error` field.
 *
 * @see {@link https://learn.microsoft.com/entra/identity-platform/reference-error-codes Error codes}
 */
const codesByClass: Partial<Record<ClassName, number[]>> = {
  reconnect: [
    50173, 70000, 70008, 700082, 700084, 70043, 50132, 50133, 50089, 50055, 50144, 50072, 50074, 50076, 50078, 50079, 65001,
    65004, 700020,
  ],
  blocked: [53000, 53001, 53002, 53003, 50105, 50057, 50034, 50020, 90094, 90095],
  app: [
    7000215, 7000222, 7000218, 700027, 700030, 50012, 50011, 9001023, 90124, 90130, 50194, 28000, 70011, 700011, 700022, 90023,
  ],
  appInTenant: [700016, 70001, 7000112, 650052, 650056, 650057, 65005, 500011],
  wrongCloud: [900439, 900382, 90038],
  retry: [50033, 50087, 90006, 90012, 90024, 90033, 90055, 90090, 70021],
  loop: [50196],
  usedCode: [54005],
}

const classByCode = new Map(
  Object.entries(codesByClass).flatMap(([name, codes]) => codes.map((code) => [code, name as ClassName] as const)),
)

/** The OAuth error field (RFC 6749 §5.2, OpenID Connect Core §3.1.2.6) by class. */
const classByError: Record<string, ClassName> = {
  invalid_grant: 'reconnect',
  interaction_required: 'reconnect',
  login_required: 'reconnect',
  consent_required: 'reconnect',
  account_selection_required: 'reconnect',
  invalid_client: 'app',
  unauthorized_client: 'app',
  unsupported_grant_type: 'app',
  invalid_scope: 'app',
  invalid_request: 'app',
  invalid_resource: 'app',
  temporarily_unavailable: 'retry',
  server_error: 'retry',
}

/** What came back from the token endpoint instead of tokens. */
export interface EntraErrorAnswer {
  /** Absent when no answer came at all. */
  status?: number
  retryAfter?: number
  /** The JSON body, when it was JSON. */
  body?: Record<string, unknown>
  cause?: unknown
}

/** Longer than any back-off of ours, for answers that say we asked too often. */
const LOOP_RETRY_AFTER_SECONDS = 600

export function toEntraFailure({ status, retryAfter, body, cause }: EntraErrorAnswer): EntraFailure {
  const numbers = Array.isArray(body?.error_codes) ? body.error_codes.filter((one) => typeof one === 'number') : []
  const { verdict, code, action, text } = classes[classify(status, numbers, body)]
  const upstream: Upstream = {
    service: 'entra',
    code:
      numbers.length > 0 ? `AADSTS${numbers[0]}` : (asName(body?.error) ?? (status === undefined ? undefined : `HTTP ${status}`)),
    traceId: asId(body?.trace_id),
    correlationId: asId(body?.correlation_id),
  }
  const wait = numbers.includes(50196) ? LOOP_RETRY_AFTER_SECONDS : retryAfter
  const error = new AppError(code, text, { action, upstream, retryAfter: verdict === 'transient' ? wait : undefined, cause })
  return new EntraFailure(verdict, error, {
    retryAfter: wait,
    claims: typeof body?.claims === 'string' ? body.claims : undefined,
  })
}

function classify(status: number | undefined, numbers: number[], body: Record<string, unknown> | undefined): ClassName {
  for (const number of numbers) {
    const name = classByCode.get(number)
    if (name) return name
  }
  // No connection, throttling and failures of the service say nothing about account or provider, whatever the body holds.
  if (status === undefined || status === 429 || status >= 500) return 'retry'
  return classByError[String(body?.error)] ?? 'unknown'
}

/** OAuth error names and Entra's ids are copied only when they look like one: nothing else may pass through. */
function asName(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z_]{1,64}$/.test(value) ? value : undefined
}

function asId(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f-]{36}$/i.test(value) ? value : undefined
}
