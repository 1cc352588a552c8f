import type { TimerHandler } from '@azure/functions'

import type { Services } from '../shared/services.ts'

/** Timer — puts the accounts whose time has come on the queue. The due rows are the truth; running twice does no harm. */
export function refreshTimer({ sweepDue }: Pick<Services, 'sweepDue'>): TimerHandler {
  return async (_timer, context) => {
    const queued = await sweepDue()
    context.log(JSON.stringify({ event: 'sweep', queued }))
  }
}
