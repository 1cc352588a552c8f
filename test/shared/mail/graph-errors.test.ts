import { describe, expect, it } from 'vitest'

import type { ProblemCode } from '../../../shared/errors.ts'
import { type GraphFailure, toAppError } from '../../../shared/mail/graph-errors.ts'

const failure = (status: number, code?: string, more: Partial<GraphFailure> = {}): GraphFailure => ({
  status,
  code,
  clientRequestId: 'client-1',
  requestId: 'trace-1',
  ownMailbox: true,
  permission: 'read',
  ...more,
})

describe('an error of Graph', () => {
  it.each<[number, string | undefined, ProblemCode, string?]>([
    [404, 'ErrorItemNotFound', 'not_found'],
    [404, undefined, 'not_found'],
    [400, 'ErrorInvalidIdMalformed', 'not_found'],
    [403, 'ErrorAccessDenied', 'permission_missing'],
    [403, 'Authorization_RequestDenied', 'permission_missing'],
    [403, 'ErrorSendAsDenied', 'mailbox_refused', 'send_as_denied'],
    [403, 'ErrorQuotaExceeded', 'mailbox_refused', 'quota_exceeded'],
    [507, 'ErrorQuotaExceeded', 'mailbox_refused', 'quota_exceeded'],
    [404, 'MailboxNotEnabledForRESTAPI', 'mailbox_refused', 'mailbox_unavailable'],
    [404, 'ErrorInvalidUser', 'mailbox_refused', 'mailbox_unavailable'],
    [404, 'ErrorMailboxSomethingNew', 'mailbox_refused', 'mailbox_unavailable'],
    [503, 'ErrorMailboxMoveInProgress', 'upstream_unavailable'],
    [413, undefined, 'payload_too_large'],
    [400, 'ErrorMessageSizeExceeded', 'payload_too_large'],
    [400, 'ErrorInvalidRecipients', 'mailbox_refused', 'recipient_refused'],
    [400, 'ErrorRecipientLimitExceeded', 'mailbox_refused', 'recipient_refused'],
    [403, 'ErrorMessageSubmissionBlocked', 'mailbox_refused', 'policy'],
    [409, 'ErrorFolderExists', 'conflict'],
    [412, undefined, 'precondition_failed'],
    [409, 'ErrorIrresolvableConflict', 'precondition_failed'],
    [429, 'ApplicationThrottled', 'throttled'],
    [429, undefined, 'throttled'],
    [401, 'InvalidAuthenticationToken', 'reconnect_required'],
    [400, 'BadRequest', 'upstream_failed'],
    [418, 'SomethingNew', 'upstream_failed'],
    [500, 'UnknownError', 'upstream_failed'],
    [502, undefined, 'upstream_failed'],
    [503, 'UnknownError', 'upstream_unavailable'],
    [504, undefined, 'upstream_unavailable'],
    [200, undefined, 'upstream_failed'],
    [400, 'toString', 'upstream_failed'],
    [400, '__proto__', 'upstream_failed'],
  ])('%i %s is %s', (status, graphCode, code, reason) => {
    const error = toAppError(failure(status, graphCode))
    expect(error).toMatchObject({
      code,
      details: { upstream: { service: 'graph', code: graphCode, traceId: 'trace-1', correlationId: 'client-1' } },
    })
    expect(error.details.reason).toBe(reason)
    if (code === 'mailbox_refused') expect(error.details.nextStep?.text).toMatch(/\w/)
  })

  it('names the permission that a denial in the own mailbox is about', () => {
    const error = toAppError(failure(403, 'ErrorAccessDenied', { permission: 'organize' }))
    expect(error).toMatchObject({ code: 'permission_missing', details: { extra: { permissions: ['organize'] } } })
  })

  it('is a refusal of Exchange in the mailbox of somebody else', () => {
    const error = toAppError(failure(403, 'ErrorAccessDenied', { ownMailbox: false }))
    expect(error).toMatchObject({ code: 'mailbox_refused', action: 'tenantAdmin', details: { reason: 'policy' } })
  })

  it.each(['Access to OData is disabled: some text', '[RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.'])(
    'is an excluded mailbox when its text says so (%s)',
    (message) => {
      const error = toAppError(failure(403, 'ErrorAccessDenied', { ownMailbox: false, message }))
      expect(error).toMatchObject({ code: 'mailbox_refused', details: { reason: 'mailbox_excluded' } })
      expect(JSON.stringify([error.message, error.details])).not.toContain(message)
    },
  )

  it('passes on the Retry-After of what may be tried again, and of nothing else', () => {
    const retryAfterMs = 4_200
    expect(toAppError(failure(429, 'ApplicationThrottled', { retryAfterMs })).details).toMatchObject({
      retryAfter: 5,
      extra: { scope: 'mailbox' },
    })
    expect(toAppError(failure(503, undefined, { retryAfterMs })).details.retryAfter).toBe(5)
    expect(toAppError(failure(429)).details.retryAfter).toBe(10)
    expect(toAppError(failure(404, undefined, { retryAfterMs })).details.retryAfter).toBeUndefined()
  })
})
