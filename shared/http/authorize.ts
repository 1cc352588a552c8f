import type { Account } from '../accounts/account.ts'
import { AppError } from '../errors.ts'
import { type Caller, mayUse } from './caller.ts'
import type { Route } from './route.ts'

/**
 * The one place that decides whether a call may go on. What a caller may not see does not exist for it.
 *
 * @throws `unauthorized`, `forbidden` or `not_found`
 */
export function authorize(
  caller: Caller | undefined,
  route: Pick<Route<never>, 'permission' | 'route'>,
  account?: Account,
): void {
  if (route.permission === 'anonymous') return
  if (!caller) throw new AppError('unauthorized', 'The call names no caller the gateway knows.')
  if (!caller.permissions.has(route.permission)) {
    throw new AppError('forbidden', `The caller lacks the permission "${route.permission}".`, {
      extra: { permission: route.permission },
    })
  }
  if (takesAccount(route) && !(account && mayUse(caller, account))) throw new AppError('not_found', 'There is no such account.')
}

export function takesAccount({ route }: Pick<Route<never>, 'route'>): boolean {
  return route.includes('{account}')
}
