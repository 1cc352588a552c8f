import type { Handler } from '../shared/http/route.ts'
import type { Services } from '../shared/services.ts'

/** DELETE accounts/{account} — tokens, row and index entries are gone before the answer. */
export const deleteAccount: Handler<Services> =
  ({ accounts }) =>
  async ({ account }) => {
    await accounts.remove(account)
    return { status: 204 }
  }
