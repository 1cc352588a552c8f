import type { Connection } from '../shared/accounts/connection.ts'
import type { Handler } from '../shared/http/route.ts'
import type { Services } from '../shared/services.ts'

/** GET connections/{connection} — how far a sign-in has come. */
export const getConnection: Handler<Services> =
  ({ connections, mayUse }) =>
  async ({ caller, params }) => {
    const { connection } = await connections.read(mayUse(caller), params.connection as string)
    return { json: connectionView(connection, connections.statusOf(connection)) }
  }

export function connectionView({ id, account, problem }: Connection, status: string) {
  return { id, status, ...(account && { account }), ...(problem && status === 'failed' && { problem }) }
}
