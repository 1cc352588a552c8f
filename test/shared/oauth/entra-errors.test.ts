import { describe, expect, it } from 'vitest'

import { toEntraFailure } from '../../../shared/oauth/entra-errors.ts'

const answer = (code: number, error = 'invalid_grant', status = 400) =>
  toEntraFailure({
    status,
    body: { error, error_codes: [code], error_description: 'AADSTS: secret text about adele@contoso.test' },
  })

describe('the error table of Entra', () => {
  it.each([
    50173, 70000, 70008, 700082, 700084, 70043, 50132, 50133, 50089, 50055, 50144, 50072, 50074, 50076, 50078, 50079, 65001,
    65004, 700020,
  ])('AADSTS%i asks the person to sign in again', (code) => {
    expect(answer(code)).toMatchObject({ verdict: 'account', error: { code: 'reconnect_required', action: 'user' } })
  })

  it.each([53000, 53001, 53002, 53003, 50105, 50057, 50034, 50020, 90094, 90095])(
    'AADSTS%i is for the tenant administrator',
    (code) => {
      expect(answer(code)).toMatchObject({ verdict: 'account', error: { code: 'reconnect_required', action: 'tenantAdmin' } })
    },
  )

  it.each([
    7000215, 7000222, 7000218, 700027, 700030, 50012, 50011, 9001023, 90124, 90130, 50194, 28000, 70011, 700011, 700022, 90023,
  ])('AADSTS%i is the operator’s and changes no account', (code) => {
    expect(answer(code, 'invalid_client', 401)).toMatchObject({
      verdict: 'provider',
      error: { code: 'provider_unhealthy', action: 'operator' },
    })
  })

  it.each([700016, 70001, 7000112, 650052, 650056, 650057, 65005, 500011])('AADSTS%i says the tenant removed the app', (code) => {
    expect(answer(code, 'unauthorized_client')).toMatchObject({
      verdict: 'provider',
      error: { code: 'provider_unhealthy', action: 'tenantAdmin' },
    })
  })

  it.each([50033, 50087, 90006, 90012, 90024, 90033, 90055, 90090, 70021, 50196])('AADSTS%i is tried again later', (code) => {
    expect(answer(code)).toMatchObject({ verdict: 'transient', error: { code: 'upstream_unavailable', action: 'nobody' } })
  })

  it('falls back to the OAuth error field for a number it does not know', () => {
    expect(answer(999999, 'interaction_required').verdict).toBe('account')
    expect(answer(999999, 'invalid_client', 401).verdict).toBe('provider')
    expect(answer(999999, 'temporarily_unavailable').verdict).toBe('transient')
  })

  it.each([
    ['no answer at all', {}],
    ['429 with any body', { status: 429, body: { error: 'invalid_grant' } }],
    ['503 with an HTML page', { status: 503 }],
    ['500 with invalid_grant in it', { status: 500, body: { error: 'invalid_grant' } }],
  ])('R3: %s says nothing about the account', (_name, given) => {
    expect(toEntraFailure(given)).toMatchObject({ verdict: 'transient', error: { code: 'upstream_unavailable' } })
  })

  it.each([
    ['{}', { status: 400, body: {} }],
    ['a page with status 400', { status: 400 }],
    ['a success without a token', { status: 200 }],
  ])('does not claim to understand %s, and changes no account', (_name, given) => {
    expect(toEntraFailure(given)).toMatchObject({ verdict: 'transient', error: { code: 'upstream_failed' } })
  })

  it('L2: carries number, trace id and correlation id, and nothing of the description', () => {
    const failure = toEntraFailure({
      status: 400,
      body: {
        error: 'invalid_grant',
        error_codes: [50173],
        error_description: 'AADSTS50173: adele@contoso.test …',
        trace_id: '11111111-2222-3333-4444-555555555555',
        correlation_id: 'see adele@contoso.test',
      },
    })
    expect(failure.error.details.upstream).toEqual({
      service: 'entra',
      code: 'AADSTS50173',
      traceId: '11111111-2222-3333-4444-555555555555',
      correlationId: undefined,
    })
    expect(JSON.stringify([failure.accountProblem, failure.error.message])).not.toContain('adele')
  })

  it('keeps Retry-After, and waits long after AADSTS50196', () => {
    expect(toEntraFailure({ status: 429, retryAfter: 17 }).retryAfter).toBe(17)
    expect(answer(50196).retryAfter).toBe(600)
  })
})
