import { createHash } from 'node:crypto'

import type { Person } from '../people.ts'
import type { EntraContext } from './context.ts'
import { EntraError } from './errors.ts'

/** The claims a client must send to /authorize so that the person satisfies the policy (claims challenge). */
export function policyClaims(subject: string): string {
  const policy = createHash('sha256').update(subject).digest('hex')
  const id = [policy.slice(0, 8), policy.slice(8, 12), policy.slice(12, 16), policy.slice(16, 20), policy.slice(20, 32)].join('-')
  return JSON.stringify({ access_token: { capolids: { essential: true, values: [id] } } })
}

/** Must this person use a second factor? */
export function mfaRequired(context: EntraContext, person: Person): boolean {
  const { mfaRequiredFor } = context.state.value
  return mfaRequiredFor.includes(person.oid) || mfaRequiredFor.includes(person.tenantId)
}

/** @throws EntraError 50057 disabled, 53003 blocked by policy */
export function checkAccount(context: EntraContext, person: Person): void {
  const state = context.state.value.people[person.oid]
  // A shared mailbox belongs to an account that nobody can sign in to.
  if (state?.disabled || person.sharedWith) throw new EntraError(50057)
  if (state?.blocked) throw new EntraError(53003, undefined, { claims: policyClaims(`block ${person.oid}`) })
}

/** @throws EntraError 50076 with claims */
export function checkMfa(context: EntraContext, person: Person, mfaDone: boolean): void {
  if (!mfaDone && mfaRequired(context, person))
    throw new EntraError(50076, undefined, { claims: policyClaims(`mfa ${person.tenantId}`) })
}
