import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { causesOf } from '../../../shared/diagnosis/causes.ts'
import { signInAtImap } from '../../../shared/diagnosis/imap-sign-in.ts'
import { signInAtPop } from '../../../shared/diagnosis/pop-sign-in.ts'
import type { SignIn, SignInOutcome } from '../../../shared/diagnosis/sign-in.ts'
import { signInAtSmtp } from '../../../shared/diagnosis/smtp-sign-in.ts'
import type { MailProtocol } from '../../../shared/oauth/xoauth2.ts'
import { adele, appToken, ben, openExchange, sales, tokenOf } from '../../sandbox/exchange/exchange-fixture.ts'

const REFUSED: Record<MailProtocol, string> = { imap: 'NO', pop: '-ERR', smtp: '535 5.7.3' }
const ROLE: Record<MailProtocol, string> = { imap: 'IMAP.AccessAsApp', pop: 'POP.AccessAsApp', smtp: 'SMTP.SendAsApp' }

let opened: Awaited<ReturnType<typeof openExchange>>
beforeAll(async () => {
  opened = await openExchange()
})
beforeEach(() => {
  opened.journal.clear()
  opened.faults.clear()
})
afterAll(() => opened.exchange.close())

const outcomes = () => opened.journal.list('exchange').map(({ facts }) => facts.refusal ?? facts.outcome)

const clients: [MailProtocol, SignIn][] = [
  ['imap', signInAtImap],
  ['pop', signInAtPop],
  ['smtp', signInAtSmtp],
]

describe.each(clients)('a sign-in over %s', (protocol, signIn) => {
  const at = (username: string, accessToken: string): Promise<SignInOutcome> =>
    signIn({ ...opened.exchange[protocol], username, accessToken })

  it('succeeds with the token of the owner, once', async () => {
    expect(await at(adele.mail, tokenOf(adele))).toEqual({ ok: true })
    expect(outcomes()).toEqual(['authenticated'])
  })

  it('succeeds for a shared mailbox and for an application with the role', async () => {
    expect(await at(sales.mail, tokenOf(adele))).toEqual({ ok: true })
    expect(await at(ben.mail, appToken(ROLE[protocol]))).toEqual({ ok: true })
  })

  it.each([
    ["someone else's mailbox", 'mailbox', () => [ben.mail, tokenOf(adele)]],
    ['a token for Graph', 'audience', () => [adele.mail, tokenOf(adele, { aud: 'https://graph.microsoft.com' })]],
    ['a token without the scope', 'permission', () => [adele.mail, tokenOf(adele, { scp: ['Mail.Read'] })]],
    ['a revoked token', 'token', () => [adele.mail, tokenOf(adele, { revoked: true })]],
  ])('is refused for %s, after one attempt', async (_case, refusal, credentials) => {
    const [username, accessToken] = credentials() as [string, string]

    const outcome = await at(username, accessToken)

    expect(outcome).toEqual({ ok: false, stage: 'authenticate', serverCode: REFUSED[protocol] })
    expect(outcome).toHaveProperty('serverText', expect.stringMatching(/auth/i))
    expect(outcomes()).toEqual([refusal])
  })

  it('ends when Exchange breaks the connection off in the middle', async () => {
    opened.faults.add({ service: 'exchange', match: { path: `/${protocol}` }, times: 1, drop: 'before' })

    expect(await at(adele.mail, tokenOf(adele))).toEqual({ ok: false, stage: 'authenticate' })
  })

  it('ends in time when Exchange thinks too long', async () => {
    opened.faults.add({ service: 'exchange', match: { path: `/${protocol}` }, times: 1, delayMs: 2000 })

    expect(
      await signIn({ ...opened.exchange[protocol], username: adele.mail, accessToken: tokenOf(adele), timeoutMs: 250 }),
    ).toEqual({ ok: false, stage: 'timeout' })
  })
})

it.each([
  ['the mailbox', () => adele.oid, 'protocol_off'],
  ['the tenant', () => adele.tenantId, 'smtp_off_in_tenant'],
] as const)('says for certain that SMTP is switched off for %s', async (_case, where, cause) => {
  const tenantWide = cause === 'smtp_off_in_tenant'
  opened.exchange.setSmtpAuth(where(), false)
  // The stand-in names the mailbox in both cases; Exchange names the tenant.
  if (tenantWide) {
    const body =
      '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled'
    opened.faults.add({ service: 'exchange', match: { path: '/smtp' }, times: 1, answer: { status: 535, body } })
  }

  const outcome = await signInAtSmtp({ ...opened.exchange.smtp, username: adele.mail, accessToken: tokenOf(adele) })
  opened.exchange.setSmtpAuth(where(), true)

  expect(outcome).toEqual({ ok: false, stage: 'authenticate', serverCode: '535 5.7.139' })
  if (outcome.ok) return
  const facts = { kind: 'delegated', personal: false, mailbox: adele.mail, userPrincipalName: adele.mail } as const
  expect(causesOf('smtp', outcome, facts)).toMatchObject({ certain: true, candidates: [{ cause, action: 'tenantAdmin' }] })
})
