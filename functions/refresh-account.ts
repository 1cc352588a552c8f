import { accountView } from '../shared/accounts/account-view.ts'
import type { Handler } from '../shared/http/route.ts'
import type { Services } from '../shared/services.ts'

/** POST accounts/{account}/refresh — renews the `graph` token now, whatever its age. */
export const refreshAccount: Handler<Services> =
  ({ accounts, refresher, accessTokens }) =>
  async ({ account }) => {
    const goal = { slot: 'graph', minValidityMs: 0, afterGeneration: account.generation, tryBlocked: true } as const
    try {
      const { account: renewed } = await refresher.refresh(account.id, goal)
      return { json: accountView(renewed, await accounts.readLastUsed(account.id)) }
    } finally {
      accessTokens.forget(account.id)
    }
  }
