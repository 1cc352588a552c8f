import type { Handler } from '../shared/http/route.ts'
import type { Services } from '../shared/services.ts'

/** POST accounts/{account}/refresh — renews the `graph` token now, whatever its age. */
export const refreshAccount: Handler<Services> =
  ({ refresher, accessTokens, viewOf }) =>
  async ({ account }) => {
    const goal = { slot: 'graph', minValidityMs: 0, afterGeneration: account.generation, tryBlocked: true } as const
    try {
      const { account: renewed } = await refresher.refresh(account.id, goal)
      return { json: await viewOf(renewed) }
    } finally {
      accessTokens.forget(account.id)
    }
  }
