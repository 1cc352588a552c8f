import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import type { Account } from '../../../shared/accounts/account.ts'
import { createDiagnosis, type DiagnosisDependencies } from '../../../shared/diagnosis/diagnose.ts'
import { signInAtImap } from '../../../shared/diagnosis/imap-sign-in.ts'
import type { DiagnosisItem, Probe } from '../../../shared/diagnosis/item.ts'
import { signInAtPop } from '../../../shared/diagnosis/pop-sign-in.ts'
import type { SignInAttempt, SignInOutcome } from '../../../shared/diagnosis/sign-in.ts'
import { signInAtSmtp } from '../../../shared/diagnosis/smtp-sign-in.ts'
import { AppError } from '../../../shared/errors.ts'
import { PERSONAL_TENANT_ID } from '../../../shared/oauth/authority.ts'
import type { MailboxPermission } from '../../../shared/oauth/permissions.ts'
import { adele, ben, openExchange, tokenOf } from '../../sandbox/exchange/exchange-fixture.ts'
import { newAccount } from '../../support/account-fixture.ts'

const PROBES: Probe[] = ['token', 'consentedScopes', 'mailbox', 'sendRight', 'imap', 'pop', 'smtp', 'allowList']
const GRAPH = ['User.Read', 'Mail.Send', 'Mail.Read']
const OUTLOOK = ['IMAP.AccessAsUser.All', 'POP.AccessAsUser.All', 'SMTP.Send']

let opened: Awaited<ReturnType<typeof openExchange>>
beforeAll(async () => {
  opened = await openExchange()
})
beforeEach(() => opened.journal.clear())
afterEach(() => opened.exchange.setSmtpAuth(adele.oid, true))
afterAll(() => opened.exchange.close())

const accountOf = (more: Partial<Account> = {}) =>
  newAccount(Date.now(), {
    permissions: ['send', 'read', 'imap', 'pop', 'smtp'],
    scopes: [...GRAPH, ...OUTLOOK.map((name) => `https://outlook.office.com/${name}`)],
    ...more,
  })

const reachable = () => ({ mail: opened.exchange, personalMail: opened.exchange })
const linkFor = async (_account: Account, permissions: MailboxPermission[]) =>
  `https://gateway.contoso.test/api/connect/link-${permissions.join('-')}`

/** The diagnosis with real clients against the stand-in of Exchange, except where a test says otherwise. */
async function diagnose(account: Account, more: Partial<DiagnosisDependencies> = {}) {
  const { items } = await createDiagnosis({
    token: async (_account, resource) => (resource === 'outlook' ? tokenOf(adele) : 'graph-token'),
    inbox: async () => {},
    signIn: { imap: signInAtImap, pop: signInAtPop, smtp: signInAtSmtp },
    endpoints: reachable(),
    linkFor,
    ...more,
  })(account)
  return { items, of: (probe: Probe) => items.find((item) => item.probe === probe) as DiagnosisItem }
}

const outcomesOf = (items: DiagnosisItem[]) => Object.fromEntries(items.map(({ probe, outcome }) => [probe, outcome]))
const failing = (error: unknown) => async () => {
  throw error
}

it('finds everything right with a healthy account, in the order of the contract', async () => {
  const { items, of } = await diagnose(accountOf())

  expect(items.map(({ probe }) => probe)).toEqual(PROBES)
  expect(outcomesOf(items)).toEqual({
    ...Object.fromEntries(PROBES.map((probe) => [probe, 'ok'])),
    allowList: 'skipped',
  })
  expect(of('sendRight').detail).toContain('only be proven by sending')
  expect(opened.journal.list('exchange').map(({ facts }) => facts.protocol)).toHaveLength(3)
})

describe('a token that is not got', () => {
  it('fails with the link, and skips what needs it', async () => {
    const error = new AppError('reconnect_required', 'The sign-in is no longer accepted.', {
      upstream: { service: 'entra', code: 'AADSTS50173' },
    })

    const { items, of } = await diagnose(accountOf(), { token: failing(error) })

    expect(of('token')).toEqual({
      probe: 'token',
      outcome: 'failed',
      detail: 'The sign-in is no longer accepted. (AADSTS50173)',
      candidates: [
        {
          cause: 'reconnect_required',
          text: 'The sign-in is no longer accepted.',
          action: 'user',
          nextStep: { text: expect.any(String), url: await linkFor(accountOf(), []) },
        },
      ],
      certain: true,
      nextStep: { text: expect.any(String), url: await linkFor(accountOf(), []) },
    })
    expect(items.map(({ probe }) => probe)).toEqual(PROBES)
    expect(items.slice(1).every(({ outcome }) => outcome === 'skipped')).toBe(true)
  })

  it('is no certain finding when Entra is only away', async () => {
    const { of } = await diagnose(accountOf(), { token: failing(new AppError('upstream_unavailable', 'Not now.')) })

    expect(of('token')).toMatchObject({ outcome: 'failed', candidates: [{ action: 'nobody' }] })
    expect(of('token')).not.toHaveProperty('certain')
  })

  it('is told even when the link to mend it cannot be made', async () => {
    const error = new AppError('reconnect_required', 'The sign-in is no longer accepted.')
    const noLink = failing(new AppError('store_unavailable', 'The vault is away.'))

    const { of } = await diagnose(accountOf(), { token: failing(error), linkFor: noLink })

    expect(of('token')).toMatchObject({ outcome: 'failed', candidates: [{ cause: 'reconnect_required' }] })
    expect(of('token').nextStep).not.toHaveProperty('url')
  })

  it('is not mistaken for a finding when it is a bug', async () => {
    await expect(diagnose(accountOf(), { token: failing(new TypeError('bug')) })).rejects.toThrow('bug')
  })
})

describe('consent', () => {
  it('that is missing skips what needs it, each with the link that asks for it', async () => {
    const { of, items } = await diagnose(accountOf({ permissions: ['send'], scopes: ['Mail.Send'] }))

    expect(outcomesOf(items)).toEqual({
      token: 'ok',
      consentedScopes: 'ok',
      mailbox: 'skipped',
      sendRight: 'ok',
      imap: 'skipped',
      pop: 'skipped',
      smtp: 'skipped',
      allowList: 'skipped',
    })
    expect(of('mailbox').nextStep?.url).toBe(await linkFor(accountOf(), ['read']))
    expect(of('imap').nextStep?.url).toBe(await linkFor(accountOf(), ['imap']))
    expect(opened.journal.list('exchange')).toEqual([])
  })

  it('that fell behind the permissions fails, and no sign-in is tried without its scope', async () => {
    const { of } = await diagnose(accountOf({ scopes: [...GRAPH, ...OUTLOOK.slice(1)] }))

    expect(of('consentedScopes')).toMatchObject({
      outcome: 'failed',
      certain: true,
      detail: 'The consent does not cover: imap.',
      candidates: [{ cause: 'permission_missing', action: 'user' }],
    })
    expect(of('imap').outcome).toBe('skipped')
    expect(of('pop').outcome).toBe('ok')
  })

  it('without sending fails the right to send', async () => {
    const { of } = await diagnose(accountOf({ permissions: ['read'], scopes: ['Mail.Read'] }))

    expect(of('sendRight')).toMatchObject({ outcome: 'failed', nextStep: { url: await linkFor(accountOf(), ['send']) } })
  })

  it('to organize is enough to open the mailbox', async () => {
    const { of } = await diagnose(accountOf({ permissions: ['organize'], scopes: ['Mail.ReadWrite'] }))

    expect(of('mailbox').outcome).toBe('ok')
  })
})

describe('a mailbox', () => {
  it('that does not exist skips what needs it', async () => {
    const error = new AppError('mailbox_refused', 'There is no mailbox.', {
      reason: 'mailbox_unavailable',
      action: 'tenantAdmin',
    })

    const { items, of } = await diagnose(accountOf(), { inbox: failing(error) })

    expect(outcomesOf(items)).toMatchObject({ mailbox: 'failed', sendRight: 'skipped', imap: 'skipped', smtp: 'skipped' })
    expect(of('mailbox')).toMatchObject({ certain: true, candidates: [{ action: 'tenantAdmin' }] })
    expect(opened.journal.list('exchange')).toEqual([])
  })

  it('that Graph does not reach is still tried over the other protocols', async () => {
    const { items } = await diagnose(accountOf(), { inbox: failing(new AppError('upstream_unavailable', 'Graph is away.')) })

    expect(outcomesOf(items)).toMatchObject({ mailbox: 'failed', imap: 'ok', pop: 'ok', smtp: 'ok' })
  })
})

describe('a sign-in', () => {
  it('over SMTP that is switched off names the command, and leaves the others alone', async () => {
    opened.exchange.setSmtpAuth(adele.oid, false)

    const { of, items } = await diagnose(accountOf())

    expect(outcomesOf(items)).toMatchObject({ imap: 'ok', pop: 'ok', smtp: 'failed' })
    expect(of('smtp')).toMatchObject({
      detail: 'SMTP refuses the sign-in (535 5.7.139).',
      certain: true,
      candidates: [{ cause: 'protocol_off', action: 'tenantAdmin' }],
      nextStep: {
        text: expect.stringContaining("Set-CASMailbox -Identity 'adele@contoso.test' -SmtpClientAuthenticationDisabled $false"),
      },
    })
  })

  it("at someone else's mailbox is refused with candidates, not with certainty", async () => {
    const { of } = await diagnose(accountOf({ mailbox: ben.mail }))

    for (const protocol of ['imap', 'pop', 'smtp'] as const) {
      const { outcome, candidates, certain } = of(protocol)
      expect({ outcome, certain }).toEqual({ outcome: 'failed', certain: undefined })
      expect(candidates?.map(({ cause }) => cause)).toEqual(['protocol_off', 'user_without_access', 'conditional_access'])
    }
  })

  it('without a token for Outlook fails for each protocol with the reason', async () => {
    const error = new AppError('provider_unhealthy', 'The application is not approved.', { action: 'tenantAdmin' })
    const asked: string[] = []

    const { of } = await diagnose(accountOf(), {
      token: async (_account, resource) => {
        asked.push(resource)
        if (resource === 'outlook') throw error
        return 'graph-token'
      },
    })

    expect(of('imap')).toMatchObject({ probe: 'imap', outcome: 'failed', candidates: [{ cause: 'provider_unhealthy' }] })
    expect(of('smtp')).toMatchObject({ probe: 'smtp', outcome: 'failed' })
    expect(asked).toEqual(['graph', 'outlook'])
  })

  it('of a personal account goes to the hosts of personal accounts', async () => {
    const attempts: SignInAttempt[] = []
    const signIn = async (attempt: SignInAttempt): Promise<SignInOutcome> => {
      attempts.push(attempt)
      return { ok: true }
    }
    const hosts = (host: string) => ({ imap: { host, port: 993 }, pop: { host, port: 995 }, smtp: { host, port: 587 } })

    await diagnose(accountOf({ tenantId: PERSONAL_TENANT_ID }), {
      signIn: { imap: signIn, pop: signIn, smtp: signIn },
      endpoints: { mail: hosts('work.test'), personalMail: hosts('personal.test') },
    })

    expect(attempts.map(({ host, port }) => `${host}:${port}`)).toEqual([
      'personal.test:993',
      'personal.test:995',
      'personal.test:587',
    ])
    expect(attempts.every(({ username }) => username === 'adele@contoso.test')).toBe(true)
  })
})

describe('time', () => {
  const never = () => new Promise<never>(() => {})

  it('ends a step that does not come back', async () => {
    const { of } = await diagnose(accountOf(), { token: never, stepMs: 50 })

    expect(of('token')).toMatchObject({ outcome: 'failed', candidates: [{ cause: 'upstream_unavailable', action: 'nobody' }] })
  })

  it('is given to every sign-in, side by side', async () => {
    const timeouts: (number | undefined)[] = []
    const everybody = Promise.withResolvers<void>()
    const signIn = async ({ timeoutMs }: SignInAttempt): Promise<SignInOutcome> => {
      timeouts.push(timeoutMs)
      if (timeouts.length === 3) everybody.resolve()
      await everybody.promise
      return { ok: false, stage: 'timeout' }
    }

    const { of } = await diagnose(accountOf(), {
      signIn: { imap: signIn, pop: signIn, smtp: signIn },
      stepMs: 5000,
      inbox: async () => {},
    })

    expect(timeouts).toEqual([5000, 5000, 5000])
    expect(of('pop').detail).toBe('POP does not answer in time.')
  })
})

it('says nothing of tokens, and no address outside a command', async () => {
  opened.exchange.setSmtpAuth(adele.oid, false)
  const healthy = await diagnose(accountOf())
  const foreign = await diagnose(accountOf({ mailbox: ben.mail }))

  const text = JSON.stringify([healthy.items, foreign.items])
  expect(text).not.toContain(tokenOf(adele))
  expect(text).not.toContain('graph-token')
  expect(text.replace(/-(?:Identity|User) '[^']*'/g, '')).not.toMatch(/@\w/)
})
