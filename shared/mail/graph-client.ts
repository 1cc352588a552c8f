import type { Client, Context, MiddlewareOptions } from '@microsoft/microsoft-graph-client'

import type { Exchange, GraphRequest } from './graph-exchange.ts'

/** Sends one request through Microsoft's Graph client, whose middleware is our chain of links. */
export type GraphClient = (path: string, request: Omit<GraphRequest, 'url'>) => Promise<Response>

export interface GraphClientOptions {
  /** E.g. `https://graph.microsoft.com/`. */
  baseUrl: string
  version: string
}

/** What one call hands to the middleware through the client, and the failure back, which the client would wrap. */
class CallState implements MiddlewareOptions {
  readonly request: Omit<GraphRequest, 'url'>
  failure?: unknown

  constructor(request: Omit<GraphRequest, 'url'>) {
    this.request = request
  }
}

/**
 * The client's own middleware repeats POSTs and its parser throws after an accepted send, so neither is used: the chain is ours
 * and answers are raw.
 */
export function createGraphClient({ baseUrl, version }: GraphClientOptions, exchange: Exchange): GraphClient {
  async function execute(context: Context): Promise<void> {
    const state = context.middlewareControl?.getMiddlewareOptions(CallState) as CallState
    try {
      const headers = { ...state.request.headers, ...(context.options?.headers as Record<string, string>) }
      context.response = await exchange({ ...state.request, headers, url: String(context.request) })
    } catch (error) {
      state.failure = error
      throw error
    }
  }

  let client: Promise<Client> | undefined
  async function load(): Promise<Client> {
    const { Client } = await import('@microsoft/microsoft-graph-client')
    return Client.initWithMiddleware({ baseUrl, defaultVersion: version, middleware: { execute } })
  }

  return async (path, request) => {
    // Loaded at the first call: a cold start should not pay for it.
    client ??= load()
    const state = new CallState(request)
    try {
      return await dispatch(await client, path, state)
    } catch (wrapped) {
      throw state.failure ?? wrapped
    }
  }
}

async function dispatch(client: Client, path: string, state: CallState): Promise<Response> {
  const { ResponseType } = await import('@microsoft/microsoft-graph-client')
  const { method, headers, body } = state.request
  const request = client.api(path).responseType(ResponseType.RAW).headers(headers).middlewareOptions([state])
  switch (method) {
    case 'GET':
      return request.get()
    case 'POST':
      return request.post(body)
    case 'PATCH':
      return request.patch(body)
    case 'DELETE':
      return request.delete()
  }
}
