import { accountView } from '../shared/accounts/account-view.ts'
import type { Handler } from '../shared/http/route.ts'
import type { Services } from '../shared/services.ts'

/** GET accounts/{account} */
export const getAccount: Handler<Services> =
  ({ accounts }) =>
  async ({ account }) => ({ json: accountView(account, await accounts.readLastUsed(account.id)) })
