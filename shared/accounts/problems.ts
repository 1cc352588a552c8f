import { AppError } from '../errors.ts'
import type { Account } from './account.ts'

/** The refusal of a call on an account that does not work. */
export function accountProblem(account: Account): AppError {
  const { problem } = account
  return new AppError('reconnect_required', problem?.detail ?? 'This mailbox must be connected again.', {
    action: problem?.action ?? 'user',
    nextStep: problem?.nextStep,
    upstream: problem?.upstream,
    extra: { account: account.id },
  })
}
