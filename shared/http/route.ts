import type { Cookie, HttpMethod, HttpRequest } from '@azure/functions'
import type { ZodMiniType } from 'zod/mini'

import type { Account } from '../accounts/account.ts'
import type { Caller } from './caller.ts'
import type { CallerPermission } from './caller-permissions.ts'

/** One checked request, as a handler sees it. */
export interface Call<Body = unknown, Query = unknown> {
  /** Undefined on anonymous routes only. */
  caller: Caller
  /** The account that `{account}` names, when the route has one. */
  account: Account
  params: Record<string, string>
  query: Query
  body: Body
  /** For what the schemas do not cover: cookies, forms, headers. */
  request: HttpRequest
  correlationId: string
}

export interface Answer {
  status?: number
  /** Answered as JSON. */
  json?: unknown
  /** Answered as a page with a strict content security policy. */
  page?: string
  /** Streamed; the headers must carry its exact Content-Length. */
  stream?: ReadableStream<Uint8Array>
  headers?: Record<string, string>
  cookies?: Cookie[]
  /** Whom a handed-out token is for; written to the audit. */
  auditedResource?: string
}

export type Handler<Services, Body = unknown, Query = unknown> = (
  services: Services,
) => (call: Call<Body, Query>) => Promise<Answer>

/** What is written down of a call. `token` entries are counted by the minute, all others stand alone. */
export type AuditAction = 'connect' | 'confirm' | 'delete' | 'refresh' | 'token' | 'send' | 'organize'

/** One line of the route table: the source of the function, its permission check and the schema of its input. */
export interface Route<Services> {
  /** Name of the Azure Function. */
  name: string
  methods: HttpMethod[]
  /** Without the `api/` prefix. */
  route: string
  permission: CallerPermission | 'anonymous'
  query?: ZodMiniType
  body?: ZodMiniType
  maxBodyBytes?: number
  audit?: AuditAction
  /** Browsers come here: problems are pages. */
  page?: true
  handler: Handler<Services, never, never>
}

/** Defines a route whose handler agrees with its schemas. */
export function route<Services, Body, Query>(
  definition: Omit<Route<Services>, 'handler' | 'body' | 'query'> & {
    body?: ZodMiniType<Body>
    query?: ZodMiniType<Query>
    handler: Handler<Services, Body, Query>
  },
): Route<Services> {
  return definition as unknown as Route<Services>
}
