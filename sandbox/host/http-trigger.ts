import type { IncomingMessage } from 'node:http'

import { BindingData, bindingDataOf } from './binding-data.ts'
import type { HttpData, TypedData } from './core-types.ts'

/** An HTTP request whose function is known. The body is read only where the real host reads it. */
export interface HttpTriggerRequest {
  incoming: IncomingMessage
  /** As received, dot segments removed. */
  url: string
  params: Record<string, string>
  body?: Buffer
}

/** The request as the worker gets it without HTTP streaming. */
export function toHttpData({ incoming, url, params, body }: HttpTriggerRequest): HttpData {
  const query: Record<string, string> = {}
  for (const [name, value] of queryOf(url)) query[name] = Object.hasOwn(query, name) ? `${query[name]},${value}` : value
  return {
    method: incoming.method,
    url: `http://${incoming.headers.host ?? 'localhost'}${url}`,
    nullableHeaders: nullable(headersOf(incoming)),
    nullableQuery: nullable(query),
    nullableParams: nullable(params),
    body: body?.length ? { bytes: body } : undefined,
  }
}

/**
 * What the worker gets beside the request when HTTP streaming is on; it makes headers and `params` of it. Order and precedence
 * are those of HttpTriggerAttributeBindingProvider in azure-webjobs-sdk-extensions: JSON body, query, route; `Headers` and
 * `Query` only where none of them has that name.
 */
export function toStreamingMetadata({ incoming, url, params, body }: HttpTriggerRequest): Record<string, TypedData> {
  const data = new BindingData()
  const query = Object.fromEntries(queryOf(url))
  if (body) for (const [name, value] of bindingDataOf(body.toString('utf8'))) data.set(name, value)
  for (const [name, value] of Object.entries(query)) if (name.toLowerCase() !== 'code') data.set(name, { string: value })
  for (const [name, value] of Object.entries(params)) data.set(name, { string: value })
  if (!data.has('Query')) data.set('Query', { json: JSON.stringify(query) })
  if (!data.has('Headers')) data.set('Headers', { json: JSON.stringify(headersOf(incoming)) })
  return data.toRecord()
}

function queryOf(url: string): URLSearchParams {
  const start = url.indexOf('?')
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1))
}

/** Repeated headers arrive joined, `cookie` by `; `. */
function headersOf(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
}

function nullable(values: Record<string, string>): Record<string, { value: string }> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]))
}
