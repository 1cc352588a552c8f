import { randomUUID } from 'node:crypto'

import { json } from '../stand-in.ts'

interface ErrorEntry {
  error: string
  text: string
  /** 400 when absent. */
  status?: number
  suberror?: string
}

/** AADSTS codes this provider gives (identity-platform/reference-error-codes), with the OAuth error each travels in. */
const table: Record<number, ErrorEntry> = {
  16000: { error: 'interaction_required', text: 'Several identities are signed in. Choose an account.' },
  28000: { error: 'invalid_request', text: "The 'scope' names more than one resource; one token is for one resource." },
  50011: { error: 'invalid_request', text: 'The redirect URI is not one registered for the application.' },
  50020: {
    error: 'invalid_grant',
    text: 'The account does not exist in this tenant and cannot be used with the application there.',
  },
  50027: { error: 'invalid_client', status: 401, text: 'The client assertion is not a valid JWT.' },
  50034: { error: 'invalid_grant', text: "We couldn't find an account with that user name." },
  50049: { error: 'invalid_instance', text: 'Unknown or invalid instance.' },
  50057: { error: 'invalid_grant', text: 'The account is disabled.' },
  50058: { error: 'login_required', text: 'A silent sign-in was asked for, but nobody is signed in.' },
  50076: {
    error: 'invalid_grant',
    suberror: 'basic_action',
    text: 'Multi-factor authentication is required to reach the resource.',
  },
  50126: { error: 'invalid_grant', text: 'The user name or the password is wrong.' },
  50173: { error: 'invalid_grant', suberror: 'bad_token', text: 'The grant was revoked; a new sign-in is needed.' },
  50194: {
    error: 'invalid_request',
    text: 'The application is not multi-tenant; use its own tenant instead of a shared endpoint.',
  },
  53003: { error: 'invalid_grant', suberror: 'message_only', text: 'Conditional Access policies block this access.' },
  54005: { error: 'invalid_grant', text: 'The authorization code was already redeemed.' },
  65001: { error: 'invalid_grant', suberror: 'consent_required', text: 'Nobody has consented to what the application asks for.' },
  65004: { error: 'access_denied', text: 'The user declined to consent to the application.' },
  70000: { error: 'invalid_grant', suberror: 'bad_token', text: 'The grant is not valid for this request.' },
  70003: { error: 'unsupported_grant_type', text: 'The grant type is not supported.' },
  70008: { error: 'invalid_grant', text: 'The authorization code has expired.' },
  70011: { error: 'invalid_scope', text: "The value of 'scope' is not valid." },
  70021: { error: 'invalid_client', status: 401, text: 'No federated identity credential matches the assertion.' },
  90002: { error: 'invalid_request', text: 'Tenant not found.' },
  90023: { error: 'invalid_request', text: 'The request cannot be served by this endpoint.' },
  90094: { error: 'access_denied', text: 'The grant needs the permission of an administrator.' },
  90095: { error: 'access_denied', text: 'Consent was asked for that only an administrator can give.' },
  90130: { error: 'invalid_request', text: 'Not supported over a shared endpoint; use the tenant instead.' },
  500011: { error: 'invalid_resource', text: 'The resource was not found in the tenant.' },
  500112: {
    error: 'invalid_client',
    status: 401,
    text: 'The redirect URI is not the one the authorization code was asked with.',
  },
  500200: { error: 'invalid_request', text: "You can't sign in here with a personal account. Use a work or school account." },
  501481: { error: 'invalid_grant', text: 'The code_verifier does not match the code_challenge.' },
  650053: { error: 'invalid_client', text: 'A scope does not exist on its resource.' },
  700005: { error: 'invalid_grant', text: 'The authorization code is meant for another tenant.' },
  700016: { error: 'unauthorized_client', text: 'The application was not found in the directory.' },
  700023: { error: 'invalid_client', status: 401, text: 'The audience of the client assertion is not this token endpoint.' },
  700024: { error: 'invalid_client', status: 401, text: 'The client assertion is outside its valid time.' },
  700027: { error: 'invalid_client', status: 401, text: 'The client assertion is not signed by a registered certificate.' },
  700082: { error: 'invalid_grant', suberror: 'bad_token', text: 'The refresh token has expired: it was not used for 90 days.' },
  900144: { error: 'invalid_request', text: 'A parameter is missing.' },
  1002012: { error: 'invalid_scope', text: "With client credentials the scope must be one resource's /.default." },
  7000112: { error: 'unauthorized_client', text: 'The application is disabled in the tenant.' },
  7000215: { error: 'invalid_client', status: 401, text: 'The client secret is wrong.' },
  7000218: { error: 'invalid_client', status: 401, text: 'A client secret or client assertion is needed.' },
  7000222: { error: 'invalid_client', status: 401, text: 'The client secret has expired.' },
  9002313: { error: 'invalid_request', text: 'The request is malformed.' },
  9002331: { error: 'invalid_request', text: 'The application is for personal accounts only; use the consumers endpoint.' },
}

/** One of Entra's errors; where it is shown (token endpoint, redirect, page) is the catcher's business. */
export class EntraError extends Error {
  readonly code: number
  readonly error: string
  readonly status: number
  readonly suberror: string | undefined
  readonly claims: string | undefined

  constructor(code: number, text?: string, more: { error?: string; status?: number; suberror?: string; claims?: string } = {}) {
    const entry = table[code]
    super(text ?? entry?.text ?? 'The request was refused.')
    this.code = code
    this.error = more.error ?? entry?.error ?? 'invalid_request'
    this.status = more.status ?? entry?.status ?? (this.error === 'invalid_client' ? 401 : 400)
    this.suberror = more.suberror ?? entry?.suberror
    this.claims = more.claims
  }
}

/** The ids and the time that go with one refusal. */
interface ErrorTrace {
  traceId: string
  correlationId: string
  timestamp: string
}

export function newTrace(correlationId: string | null | undefined): ErrorTrace {
  return {
    traceId: randomUUID(),
    correlationId: correlationId || randomUUID(),
    timestamp: `${new Date().toISOString().slice(0, 19).replace('T', ' ')}Z`,
  }
}

/** `AADSTS…: text` with the three lines that support asks for. */
export function describeError(error: EntraError, trace: ErrorTrace): string {
  const { traceId, correlationId, timestamp } = trace
  return `AADSTS${error.code}: ${error.message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`
}

/** The token endpoint's refusal (RFC 6749 §5.2 with Entra's members). */
export function errorAnswer(error: EntraError, origin: string, correlationId: string | null): Response {
  const trace = newTrace(correlationId)
  return json(
    error.status,
    {
      error: error.error,
      error_description: describeError(error, trace),
      error_codes: [error.code],
      timestamp: trace.timestamp,
      trace_id: trace.traceId,
      correlation_id: trace.correlationId,
      error_uri: `${origin}/error?code=${error.code}`,
      suberror: error.suberror,
      claims: error.claims,
    },
    { 'cache-control': 'no-store, no-cache', pragma: 'no-cache', 'x-ms-request-id': trace.traceId },
  )
}
