import type { Handler } from '../shared/http/route.ts'
import type { Services } from '../shared/services.ts'

/** GET health — from memory, no call to anything. */
export const health: Handler<Services> = () => async () => ({ json: { status: 'ok' } })
