import type { AccessToken, AccountProblem } from '../accounts/account.ts'
import type { AppError } from '../errors.ts'

/** What a successful token request yields, in our words. */
export interface EntraAnswer {
  token: AccessToken
  /** Absent when Entra sent no new one: the old one stays good. */
  refreshToken?: string
  /** Present when `openid` was among the scopes; not yet validated. */
  idToken?: string
}

/**
 * What a failed token request says. `account`: Entra refused this very account for good. `provider`: the gateway's own registration or
 * credential is at fault, or this tenant's copy of it. `transient`: nothing is known to be wrong; try later.
 */
export type Verdict = 'account' | 'provider' | 'transient'

/** An answer of Entra that is no token. Carries the error for the caller and, for the verdict `account`, what to store. */
export class EntraFailure extends Error {
  readonly verdict: Verdict
  readonly error: AppError
  readonly accountProblem: AccountProblem
  /** Seconds, as Entra asked. */
  readonly retryAfter: number | undefined
  /** A claims challenge to carry into the next sign-in. */
  readonly claims: string | undefined

  constructor(verdict: Verdict, error: AppError, more: { retryAfter?: number; claims?: string } = {}) {
    super(error.message, { cause: error })
    this.name = 'EntraFailure'
    this.verdict = verdict
    this.error = error
    const { nextStep, upstream } = error.details
    this.accountProblem = { code: 'reconnect_required', detail: error.message, action: error.action, nextStep, upstream }
    this.retryAfter = more.retryAfter
    this.claims = more.claims
  }
}
