import type { Diagnose } from '../shared/diagnosis/diagnose.ts'
import type { Handler } from '../shared/http/route.ts'

/** POST accounts/{account}/diagnosis — what works, what does not, and who does what about it. */
export const diagnoseAccount: Handler<{ diagnose: Diagnose }> =
  ({ diagnose }) =>
  async ({ account }) => ({ json: await diagnose(account) })
