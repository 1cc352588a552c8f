import { describe, expect, it } from 'vitest'

import { type AccountFacts, type Candidate, causeTexts } from '../../../shared/diagnosis/cause-texts.ts'
import { causesOf, type FailedSignIn } from '../../../shared/diagnosis/causes.ts'
import { type MailProtocol, mailProtocols } from '../../../shared/oauth/xoauth2.ts'

const own: AccountFacts = {
  kind: 'delegated',
  personal: false,
  mailbox: 'adele@contoso.test',
  userPrincipalName: 'Adele@contoso.test',
}
const shared: AccountFacts = { ...own, mailbox: 'sales@contoso.test' }
const application: AccountFacts = { ...shared, kind: 'application' }
const personal: AccountFacts = { ...own, personal: true }

const refused = (serverCode: string, serverText: string): FailedSignIn => ({
  ok: false,
  stage: 'authenticate',
  serverCode,
  serverText,
})
const smtp = (text: string) => refused(text.split(' ').slice(0, 2).join(' '), text)
const generic: Record<MailProtocol, FailedSignIn> = {
  imap: refused('NO', '4 NO AUTHENTICATE failed.'),
  pop: refused('-ERR', '-ERR Authentication failure: unknown user name or bad password.'),
  smtp: smtp('535 5.7.3 Authentication unsuccessful [AM0PR02CA0001.eurprd02.prod.outlook.com]'),
}
const DISABLED = '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the'

const causes = (protocol: MailProtocol, failure: FailedSignIn, facts: AccountFacts) =>
  causesOf(protocol, failure, facts).candidates.map(({ cause }) => cause)

it.each<[string, MailProtocol, FailedSignIn, string]>([
  ['SMTP off for the mailbox', 'smtp', smtp(`${DISABLED} Mailbox.`), 'protocol_off'],
  ['SMTP off for the tenant', 'smtp', smtp(`${DISABLED} Tenant. Visit https://aka.ms/smtp_auth_disabled`), 'smtp_off_in_tenant'],
  ['several lines', 'smtp', refused('535 5.7.139', `535-5.7.139 Sorry\n${DISABLED} Tenant.`), 'smtp_off_in_tenant'],
  [
    'security defaults',
    'smtp',
    smtp("535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy."),
    'security_defaults',
  ],
  ['too many connections', 'smtp', smtp('432 4.3.2 Concurrent connections limit exceeded.'), 'busy'],
  ['a busy greeting', 'smtp', { ...smtp('421 4.3.2 Service not available'), stage: 'tls' }, 'busy'],
  ['IMAP out of service', 'imap', refused('NO', '3 NO [UNAVAILABLE] Try again later.'), 'busy'],
  ['POP out of service', 'pop', refused('-ERR', '-ERR [SYS/TEMP] Try again later.'), 'busy'],
  ['POP in use', 'pop', refused('-ERR', '-ERR [IN-USE] Another session is open.'), 'busy'],
])('is certain of %s', (_case, protocol, failure, cause) => {
  expect(causesOf(protocol, failure, own)).toMatchObject({ certain: true, candidates: [{ cause }] })
})

describe('a refusal that says nothing', () => {
  it.each(mailProtocols)('has its causes in order, over %s', (protocol) => {
    const failure = generic[protocol]

    expect(causes(protocol, failure, own)).toEqual(['protocol_off', 'conditional_access'])
    expect(causes(protocol, failure, shared)).toEqual(['protocol_off', 'user_without_access', 'conditional_access'])
    expect(causes(protocol, failure, application)).toEqual([
      'protocol_off',
      'service_principal',
      'mailbox_permission',
      'conditional_access',
    ])
    expect(causesOf(protocol, failure, shared).certain).toBe(false)
  })

  it('has nothing to do with an administrator for a personal account', () => {
    expect(causes('imap', generic.imap, personal)).toEqual(['personal_protocol_off', 'personal_refused'])
    expect(causes('smtp', generic.smtp, personal)).toEqual(['personal_refused'])
    expect(causesOf('smtp', smtp(`${DISABLED} Mailbox.`), personal)).toMatchObject({
      certain: false,
      candidates: [{ cause: 'personal_refused', action: 'user' }],
    })
  })
})

it.each<[string, MailProtocol, FailedSignIn, string[]]>([
  [
    'a mailbox not opened',
    'imap',
    refused('BAD', '5 BAD User is authenticated but not connected.'),
    ['user_without_access', 'protocol_off'],
  ],
  [
    'an unmet criterion',
    'smtp',
    smtp('535 5.7.139 Authentication unsuccessful, the request did not meet the criteria'),
    ['conditional_access', 'protocol_off', 'security_defaults'],
  ],
  ['no connection', 'imap', { ok: false, stage: 'connect' }, ['network', 'outage']],
  ['no TLS', 'pop', { ok: false, stage: 'tls' }, ['no_tls']],
  ['STARTTLS refused', 'smtp', { ok: false, stage: 'tls', serverCode: '502 5.5.1' }, ['no_tls']],
  ['no answer in time', 'smtp', { ok: false, stage: 'timeout' }, ['network', 'outage']],
  ['an answer that is none', 'pop', { ok: false, stage: 'authenticate' }, ['not_exchange', 'outage']],
])('guesses after %s', (_case, protocol, failure, expected) => {
  expect(causesOf(protocol, failure, shared)).toMatchObject({ certain: false })
  expect(causes(protocol, failure, shared)).toEqual(expected)
})

describe('what to do', () => {
  const step = (protocol: MailProtocol, failure: FailedSignIn, facts: AccountFacts, cause: string) =>
    causesOf(protocol, failure, facts).candidates.find((one) => one.cause === cause)?.nextStep.text

  it.each<[MailProtocol, string]>([
    ['imap', "Set-CASMailbox -Identity 'adele@contoso.test' -ImapEnabled $true"],
    ['pop', "Set-CASMailbox -Identity 'adele@contoso.test' -PopEnabled $true"],
    ['smtp', "Set-CASMailbox -Identity 'adele@contoso.test' -SmtpClientAuthenticationDisabled $false"],
  ])('is the exact command that switches %s on', (protocol, command) => {
    expect(step(protocol, generic[protocol], own, 'protocol_off')).toContain(command)
  })

  it('is the exact command for the tenant, and the smaller one for the mailbox', () => {
    const text = step('smtp', smtp(`${DISABLED} Tenant.`), own, 'smtp_off_in_tenant')

    expect(text).toContain("Set-CASMailbox -Identity 'adele@contoso.test' -SmtpClientAuthenticationDisabled $false")
    expect(text).toContain('Set-TransportConfig -SmtpClientAuthenticationDisabled $false')
  })

  it('is the exact command for rights on a mailbox', () => {
    expect(step('imap', generic.imap, shared, 'user_without_access')).toContain(
      "Add-MailboxPermission -Identity 'sales@contoso.test' -User 'Adele@contoso.test' -AccessRights FullAccess",
    )
    expect(step('imap', generic.imap, application, 'mailbox_permission')).toContain(
      "Add-MailboxPermission -Identity 'sales@contoso.test' -User <object id of the enterprise application> -AccessRights FullAccess",
    )
  })

  it.each([
    "o'brien@contoso.test'; Remove-Mailbox x",
    'o\u2019brien@contoso.test\u2019; Remove-Mailbox x',
    'a@b.test\r\nRemove-Mailbox x',
  ])('cannot be a command of whoever chose the address: %j', (mailbox) => {
    const text = step('imap', generic.imap, { ...own, mailbox, userPrincipalName: mailbox }, 'protocol_off') ?? ''

    const [, literal = ''] = /-Identity '(.*)' -ImapEnabled/s.exec(text) ?? []
    expect(literal).toContain('Remove-Mailbox')
    expect(literal.replace(/''|\u2019\u2019/g, '')).not.toMatch(/['\u2019\r\n]/)
  })

  it('names an address in commands alone, and a person who acts', () => {
    for (const make of Object.values(causeTexts)) {
      for (const protocol of mailProtocols) {
        const { text, action, nextStep }: Omit<Candidate, 'cause'> = make(shared, protocol)
        expect(text).not.toContain('@')
        expect(nextStep.text.replace(/'[^']*'/g, '')).not.toContain('@')
        expect(nextStep.url ?? 'https://').toMatch(/^https:\/\//)
        expect(['user', 'tenantAdmin', 'operator', 'nobody']).toContain(action)
      }
    }
  })
})
