import * as z from 'zod/mini'
import { ownerKey, statusKey } from '../shared/accounts/accounts.ts'
import { limitQuery } from '../shared/http/paging.ts'
import type { Handler } from '../shared/http/route.ts'
import type { Services } from '../shared/services.ts'

export const listAccountsQuery = z.strictObject({
  status: z.optional(z.enum(['connected', 'reconnect_required', 'blocked'])),
  provider: z.optional(z.string()),
  limit: limitQuery,
  cursor: z.optional(z.string().check(z.maxLength(200))),
})

/** GET accounts — the accounts of the caller, by id. */
export const listAccounts: Handler<Services, unknown, z.infer<typeof listAccountsQuery>> =
  ({ accounts, cursors, mayUse, viewOf }) =>
  async ({ caller, query }) => {
    const { status, provider, limit, cursor } = query
    const binding = { caller: caller.name, route: 'accounts', filter: JSON.stringify([status, provider]) }
    const after = cursor === undefined ? undefined : await cursors.open<string>(binding, cursor)
    // The rarer of the two keys: broken accounts are few, a caller's accounts may be many.
    const key = status !== undefined && status !== 'connected' ? statusKey(status) : ownerKey(caller.name)
    const fits = mayUse(caller)
    const { items, next } = await accounts.page(
      key,
      after,
      limit,
      (account) =>
        fits(account) && (status ?? account.status) === account.status && (provider ?? account.provider) === account.provider,
    )
    const views = await Promise.all(items.map(viewOf))
    return { json: { items: views, ...(next && { nextCursor: await cursors.seal(binding, next) }) } }
  }
