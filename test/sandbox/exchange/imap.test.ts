import { ImapFlow } from 'imapflow'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { adele, appToken, ben, casey, dial, openExchange, sales, tokenOf, xoauth2 } from './exchange-fixture.ts'

describe('IMAP', () => {
  let opened: Awaited<ReturnType<typeof openExchange>>
  beforeAll(async () => {
    opened = await openExchange()
  })
  beforeEach(() => {
    opened.journal.clear()
    opened.faults.clear()
  })
  afterAll(() => opened.exchange.close())

  const client = (user: string, accessToken: string) =>
    new ImapFlow({ ...opened.exchange.imap, secure: true, auth: { user, accessToken }, logger: false })
  const outcomes = () => opened.journal.list('exchange', { protocol: 'imap' }).map(({ facts }) => facts.refusal ?? facts.outcome)
  const refused = (user: string, accessToken: string) =>
    client(user, accessToken)
      .connect()
      .then(
        () => expect.fail('The sign-in was accepted.'),
        (error: Error & { authenticationFailed?: boolean; response?: string }) => error,
      )

  it('lets imapflow sign in, look around and leave', async () => {
    const imap = client(adele.mail, tokenOf(adele))
    await imap.connect()
    const folders = await imap.list()
    const mailbox = await imap.mailboxOpen('INBOX')
    const status = await imap.status('Sent Items', { messages: true, unseen: true })
    await imap.noop()
    await imap.logout()

    expect(folders.map(({ path }) => path)).toContain('INBOX')
    expect(mailbox).toMatchObject({ path: 'INBOX', exists: 0 })
    expect(status).toMatchObject({ messages: 0, unseen: 0 })
    expect(outcomes()).toEqual(['authenticated'])
  })

  it('opens a shared mailbox for the person it is shared with', async () => {
    const imap = client(sales.mail, tokenOf(adele))
    await imap.connect()
    await imap.logout()

    expect(opened.journal.list('exchange')[0]?.facts).toMatchObject({ oid: adele.oid, mailbox: sales.oid })
  })

  it('opens a mailbox of the tenant for an application with the role', async () => {
    const imap = client(ben.mail, appToken('IMAP.AccessAsApp'))
    await imap.connect()
    await imap.logout()

    expect(outcomes()).toEqual(['authenticated'])
  })

  it.each([
    ['a token nobody issued', 'token', () => [adele.mail, 'nonsense']],
    ['a revoked token', 'token', () => [adele.mail, tokenOf(adele, { revoked: true })]],
    ['a token for Graph', 'audience', () => [adele.mail, tokenOf(adele, { aud: 'https://graph.microsoft.com' })]],
    ['a token without the scope', 'permission', () => [adele.mail, tokenOf(adele, { scp: ['SMTP.Send'] })]],
    ['an application without the role', 'permission', () => [adele.mail, appToken('SMTP.SendAsApp')]],
    ['an application of another tenant', 'mailbox', () => [casey.mail, appToken('IMAP.AccessAsApp')]],
    ["someone else's mailbox", 'mailbox', () => [ben.mail, tokenOf(adele)]],
    ['a shared mailbox that is not shared with them', 'mailbox', () => [sales.mail, tokenOf(ben)]],
    ['a mailbox that does not exist', 'mailbox', () => ['nobody@contoso.test', tokenOf(adele)]],
  ])('refuses %s, and tells the client nothing more', async (_case, refusal, credentials) => {
    const [user, token] = credentials() as [string, string]

    const error = await refused(user, token)

    expect(error).toMatchObject({ authenticationFailed: true, response: expect.stringContaining('NO AUTHENTICATE failed.') })
    expect(outcomes()).toEqual([refusal])
  })

  it('refuses name and password', async () => {
    const imap = new ImapFlow({
      ...opened.exchange.imap,
      secure: true,
      auth: { user: adele.mail, pass: 'sandbox' },
      logger: false,
    })

    await expect(imap.connect()).rejects.toMatchObject({ authenticationFailed: true })
    expect(outcomes()).toContain('basic')
  })

  it('takes the response on a line of its own as well', async () => {
    const line = await dial(opened.exchange.imap)
    await line.read()

    expect(await line.say('a AUTHENTICATE XOAUTH2')).toBe('+ ')
    expect(await line.say(xoauth2(adele.mail, tokenOf(adele)))).toBe('a OK AUTHENTICATE completed.')
    expect(await line.say('b NAMESPACE')).toBe('* NAMESPACE (("" "/")) NIL NIL')
    line.hangUp()
  })

  it('refuses a malformed response, and folders before sign-in', async () => {
    const line = await dial(opened.exchange.imap)
    await line.read()
    const withoutEnd = Buffer.from(`user=${adele.mail}\u0001auth=Bearer ${tokenOf(adele)}\u0001`).toString('base64')

    expect(await line.say('a SELECT INBOX')).toBe('a BAD Command received in Invalid state.')
    expect(await line.say(`b AUTHENTICATE XOAUTH2 ${withoutEnd}`)).toBe('b NO AUTHENTICATE failed.')
    expect(await line.say('c LOGOUT')).toMatch(/^\* BYE/)
    expect(await line.read()).toBe('c OK LOGOUT completed.')
    expect(await line.read()).toBeUndefined()
    expect(outcomes()).toEqual(['malformed'])
  })

  it('breaks the connection or answers otherwise as ordered', async () => {
    const order = { service: 'exchange', match: { path: '/imap' }, times: 1 }
    opened.faults.add({ ...order, drop: 'before' })
    opened.faults.add({ ...order, answer: { status: 503, body: 'NO [UNAVAILABLE] Try again later.' } })
    const signIn = `a AUTHENTICATE XOAUTH2 ${xoauth2(adele.mail, tokenOf(adele))}`

    const first = await dial(opened.exchange.imap)
    await first.read()
    expect(await first.say(signIn)).toBeUndefined()
    const second = await dial(opened.exchange.imap)
    await second.read()
    expect(await second.say(signIn)).toBe('a NO [UNAVAILABLE] Try again later.')
    expect(await second.say(signIn)).toBe('a OK AUTHENTICATE completed.')
    second.hangUp()
    expect(outcomes()).toEqual(['dropped', 'fault', 'authenticated'])
  })

  it('writes neither token nor address to the journal', async () => {
    const imap = client(adele.mail, tokenOf(adele))
    await imap.connect()
    await imap.logout()

    const journal = JSON.stringify(opened.journal.list())
    expect(journal).toContain(adele.oid)
    expect(journal).not.toContain(adele.mail)
    expect(journal).not.toContain(tokenOf(adele))
  })
})
