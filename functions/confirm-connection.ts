import * as z from 'zod/mini'

import type { Handler } from '../shared/http/route.ts'
import type { Services } from '../shared/services.ts'
import { connectionView } from './get-connection.ts'

export const confirmConnectionBody = z.strictObject({ proof: z.string().check(z.minLength(1), z.maxLength(200)) })

/** POST connections/{connection}/confirm — the application shows the proof that came back with its own user. */
export const confirmConnection: Handler<Services, z.infer<typeof confirmConnectionBody>> =
  ({ connections, mayUse }) =>
  async ({ caller, params, body }) => {
    const connection = await connections.confirm(mayUse(caller), params.connection as string, body.proof)
    return { json: connectionView(connection, connections.statusOf(connection)) }
  }
