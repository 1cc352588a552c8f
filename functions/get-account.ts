import type { Handler } from '../shared/http/route.ts'
import type { Services } from '../shared/services.ts'

/** GET accounts/{account} */
export const getAccount: Handler<Services> =
  ({ viewOf }) =>
  async ({ account }) => ({ json: await viewOf(account) })
