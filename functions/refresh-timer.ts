import type { TimerHandler } from '@azure/functions'

import type { Services } from '../shared/services.ts'

/**
 * Timer — puts the accounts whose time has come on the queue, and ends sign-ins that were never proven. The rows are the truth; running twice
 * does no harm.
 */
export function refreshTimer({ sweepDue, connections }: Pick<Services, 'sweepDue' | 'connections'>): TimerHandler {
  return async (_timer, context) => {
    const queued = await sweepDue()
    const discarded = await connections.destroyUnproven()
    context.log(JSON.stringify({ event: 'sweep', queued, discarded }))
  }
}
