import { Client, ResponseType } from '@microsoft/microsoft-graph-client'

import type { Operation } from './job.ts'

/** One call with the Graph SDK as its documentation shows it: default middleware, an access token that is there. */
export function graphOperation({ endpoint, accessToken, call }: Extract<Operation, { kind: 'graph' }>): () => Promise<void> {
  const url = new URL(endpoint)
  const client = Client.init({
    authProvider: (done) => done(null, accessToken),
    baseUrl: url.origin,
    customHosts: new Set([url.hostname]),
  })
  if ('get' in call) {
    const { get: path, select, orderby, top } = call
    return async () => {
      const list = client.api(path).header('Prefer', 'IdType="ImmutableId"')
      const { value } = await list.select(select).orderby(orderby).top(top).get()
      if (!Array.isArray(value)) throw new Error('Graph answered no list.')
    }
  }
  const { post: path, body } = call
  return async () => {
    const response: Response = await client.api(path).responseType(ResponseType.RAW).post(body)
    await response.arrayBuffer()
    if (response.status !== 202) throw new Error(`Graph answered ${response.status} to ${path}.`)
  }
}
