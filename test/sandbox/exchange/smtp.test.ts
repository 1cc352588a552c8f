import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { adele, appToken, ben, dial, openExchange, sales, tokenOf, xoauth2 } from './exchange-fixture.ts'

describe('SMTP submission', () => {
  const delivered: { from: string; recipients: string[]; raw: string }[] = []
  let opened: Awaited<ReturnType<typeof openExchange>>
  beforeAll(async () => {
    opened = await openExchange({
      deliver: (from, recipients, raw) => {
        delivered.push({ from, recipients, raw: raw.toString('utf8') })
      },
    })
  })
  beforeEach(() => {
    delivered.length = 0
    opened.journal.clear()
    opened.faults.clear()
  })
  afterAll(() => opened.exchange.close())

  const transport = (user: string, accessToken: string) =>
    createTransport({ ...opened.exchange.smtp, requireTLS: true, auth: { type: 'OAuth2', user, accessToken } })
  const message = { to: 'ben@contoso.test', bcc: 'casey@fabrikam.test', subject: 'Grüße', text: 'First line\n.\n..dots\nend' }
  const outcomes = () => opened.journal.list('exchange', { protocol: 'smtp' }).map(({ facts }) => facts.refusal ?? facts.outcome)
  const refused = (work: Promise<unknown>) =>
    work.then(
      () => expect.fail('It was accepted.'),
      (error: Error & { responseCode?: number; response?: string }) => error,
    )

  it('takes a message from nodemailer and hands it on whole', async () => {
    const info = await transport(adele.mail, tokenOf(adele)).sendMail({ from: adele.mail, ...message })

    expect(info.response).toMatch(/^250 2\.0\.0 OK/)
    expect(delivered).toMatchObject([{ from: adele.mail, recipients: ['ben@contoso.test', 'casey@fabrikam.test'] }])
    expect(delivered[0]?.raw).toContain('First line\r\n.\r\n..dots\r\nend')
    expect(outcomes()).toEqual(['authenticated', 'accepted'])
  })

  it('lets an application with the role in, and one without it not', async () => {
    expect(await transport(ben.mail, appToken('SMTP.SendAsApp')).verify()).toBe(true)
    expect(await refused(transport(ben.mail, appToken('IMAP.AccessAsApp')).verify())).toMatchObject({ responseCode: 535 })
  })

  it('sends from a shared mailbox for the person it is shared with', async () => {
    await transport(adele.mail, tokenOf(adele)).sendMail({ from: sales.mail, ...message })

    expect(delivered).toMatchObject([{ from: sales.mail }])
  })

  it('refuses a sender the person is not', async () => {
    const error = await refused(transport(adele.mail, tokenOf(adele)).sendMail({ from: ben.mail, ...message }))

    expect(error).toMatchObject({ responseCode: 554, response: expect.stringContaining('SendAsDenied') })
    expect(delivered).toEqual([])
  })

  it.each([
    ['a token for Graph', () => [adele.mail, tokenOf(adele, { aud: 'https://graph.microsoft.com' })]],
    ['a token without the scope', () => [adele.mail, tokenOf(adele, { scp: ['IMAP.AccessAsUser.All'] })]],
    ["someone else's mailbox", () => [ben.mail, tokenOf(adele)]],
  ])('refuses %s', async (_case, credentials) => {
    const [user, token] = credentials() as [string, string]

    const error = await refused(transport(user, token).verify())

    expect(error).toMatchObject({ responseCode: 535, response: '535 5.7.3 Authentication unsuccessful' })
  })

  it('says so when client submission is off for the mailbox or its tenant', async () => {
    const expected = '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.'
    for (const scope of [adele.oid, adele.tenantId]) {
      opened.exchange.setSmtpAuth(scope, false)
      expect(await refused(transport(adele.mail, tokenOf(adele)).verify())).toMatchObject({ response: expected })
      opened.exchange.setSmtpAuth(scope, true)
    }

    expect(await transport(adele.mail, tokenOf(adele)).verify()).toBe(true)
    expect(outcomes()).toEqual(['smtpAuthDisabled', 'smtpAuthDisabled', 'authenticated'])
  })

  it('refuses name and password', async () => {
    const basic = createTransport({ ...opened.exchange.smtp, requireTLS: true, auth: { user: adele.mail, pass: 'sandbox' } })

    expect(await refused(basic.verify())).toMatchObject({ responseCode: 535, response: expect.stringContaining('basic') })
    expect(outcomes()).toEqual(['basic'])
  })

  it('forgets commands that were slipped in behind STARTTLS in clear', async () => {
    const clear = await dial(opened.exchange.smtp, 'none')
    await clear.read()
    expect(await clear.say('STARTTLS\r\nNOOP')).toMatch(/^220/)
    const secured = await clear.startTls()

    expect(await secured.say('QUIT')).toMatch(/^221/)
    expect(await secured.read()).toBeUndefined()
  })

  it('offers sign-in over TLS only, and takes neither token nor mail in clear', async () => {
    const line = await dial(opened.exchange.smtp, 'none')
    await line.read()
    await line.say('EHLO test')
    const offers = await line.readUntil(/^250 /)

    expect(offers.join()).toContain('STARTTLS')
    expect(offers.join()).not.toContain('AUTH')
    expect(await line.say(`AUTH XOAUTH2 ${xoauth2(adele.mail, tokenOf(adele))}`)).toMatch(/^504 5\.7\.4/)
    expect(await line.say(`MAIL FROM:<${adele.mail}>`)).toMatch(/^451 5\.7\.3 STARTTLS/)
    expect(await line.say('QUIT')).toMatch(/^221/)
    expect(outcomes()).toEqual([])
  })
})
