import type { Handler } from '../shared/http/route.ts'
import type { Services } from '../shared/services.ts'

const EXPIRES_IN_SECONDS = 3600

/** POST accounts/{account}/reconnect — a link for the same person; another one is refused. */
export const reconnectAccount: Handler<Services> =
  ({ config, connections }) =>
  async ({ account }) => {
    const { connection, ticket } = await connections.startAgain(account, [], EXPIRES_IN_SECONDS)
    const connectUrl = new URL(`/api/connect/${ticket}`, config.publicBaseUrl).href
    return { status: 201, json: { id: connection.id, connectUrl, expiresOn: connection.expiresOn } }
  }
