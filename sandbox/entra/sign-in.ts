import { CONSUMERS_TENANT_ID, PASSWORD, type Person } from '../people.ts'
import type { AuthorizeRequest } from './authorize-request.ts'
import type { EntraContext } from './context.ts'
import { admits, personByName } from './directory.ts'
import { EntraError } from './errors.ts'
import { checkAccount } from './policy.ts'
import { audienceAdmits } from './registrations.ts'

/**
 * Checks a user name and a password.
 *
 * @throws EntraError 50034 unknown, 500200 and 50020 an account of the wrong kind or tenant, 50126 wrong password, 50057 disabled
 */
export function signIn(context: EntraContext, request: AuthorizeRequest, login: string, password: string): Person {
  const person = personByName(login)
  if (!person) throw new EntraError(50034)
  const problem = accountProblem(request, person)
  if (problem) throw problem
  if (password !== (context.state.value.people[person.oid]?.password ?? PASSWORD)) throw new EntraError(50126)
  checkAccount(context, person)
  return person
}

/** Why the account cannot be used with this endpoint and registration. */
export function accountProblem(request: AuthorizeRequest, person: Person): EntraError | undefined {
  if (admits(request.endpoint, person.tenantId) && audienceAdmits(request.registration, person.tenantId)) return undefined
  if (person.tenantId === CONSUMERS_TENANT_ID) return new EntraError(500200)
  if (request.endpoint.kind === 'consumers' || request.registration.audience === 'consumers') {
    return new EntraError(50020, "You can't sign in here with a work or school account. Use your personal account.")
  }
  return new EntraError(50020, `The account '${person.userPrincipalName}' does not exist in this tenant. Use another account.`)
}
