import type { Client, Context, MiddlewareOptions, ResponseType } from '@microsoft/microsoft-graph-client'

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

interface Library {
  client: Client
  raw: ResponseType
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

  let library: Promise<Library> | undefined
  async function load(): Promise<Library> {
    const { Client, ResponseType } = await import('@microsoft/microsoft-graph-client')
    return {
      client: Client.initWithMiddleware({ baseUrl, defaultVersion: version, middleware: { execute } }),
      raw: ResponseType.RAW,
    }
  }

  return async (path, request) => {
    // Loaded at the first call, since a cold start should not pay for it, and once: an import costs even when it is there already.
    library ??= load()
    const state = new CallState(request)
    try {
      return await dispatch(await library, path, state)
    } catch (wrapped) {
      throw state.failure ?? wrapped
    }
  }
}

async function dispatch({ client, raw }: Library, path: string, state: CallState): Promise<Response> {
  const { method, headers, body } = state.request
  const request = client.api(path).responseType(raw).headers(headers).middlewareOptions([state])
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
