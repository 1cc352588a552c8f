import { randomBytes } from 'node:crypto'

import { createTransport } from 'nodemailer'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { clockOffset, installClock, removeClock, setClockOffset } from '../../../sandbox/clock.ts'
import { base64, errorCode, type GraphFixture, list, messageTo, startGraphFixture, tokenOf } from './graph-fixture.ts'

let fixture: GraphFixture
beforeAll(async () => {
  installClock()
  fixture = await startGraphFixture()
})
afterAll(async () => {
  await fixture.close()
  removeClock()
})
afterEach(() => {
  fixture.faults.clear()
  fixture.graph.setSentCopyDelay(0)
})

let sent = 0
const freshSubject = () => `Mail ${++sent}`
const send = (token: string, message: unknown, path = '/me/sendMail') => fixture.call(token, 'POST', path, { message })
const subjectsIn = (address: string) => fixture.graph.messagesOf(address).map(({ subject }) => subject)
const found = (address: string, subject: string) =>
  fixture.graph.messagesOf(address).filter((message) => message.subject === subject)
const sentCopies = async (token: string, subject: string) =>
  list(await fixture.call(token, 'GET', `/me/mailFolders/sentitems/messages?$filter=subject eq '${subject}'`))

describe('sendMail', () => {
  it('delivers across tenants through the official client, attachment byte for byte, and keeps a copy.', async () => {
    const subject = freshSubject()
    const bytes = randomBytes(1_000_003)
    const attachments = [
      {
        '@odata.type': '#microsoft.graph.fileAttachment',
        name: 'figures.bin',
        contentType: 'application/x-figures',
        contentBytes: base64(bytes),
      },
    ]
    const to = ['ben@contoso.test', 'casey@fabrikam.test']
    const message = messageTo(to, { subject, bccRecipients: [{ emailAddress: { address: 'dana@outlook.test' } }], attachments })
    await fixture.client('adele').api('/me/sendMail').post({ message, saveToSentItems: true })

    const [copy] = await list(await fixture.call('dana', 'GET', '/me/mailFolders/inbox/messages?$expand=attachments'))
    expect(copy).toMatchObject({ subject, isRead: false, isDraft: false, bccRecipients: [], hasAttachments: true })
    expect(copy?.from?.emailAddress).toEqual({ name: 'Adele Vance', address: 'adele@contoso.test' })
    expect(copy?.toRecipients?.map(({ emailAddress }) => emailAddress?.address)).toEqual(to)
    const path = `/me/messages/${copy?.id}/attachments/${copy?.attachments?.[0]?.id}/$value`
    const content = await fixture.call('dana', 'GET', path)
    expect(content.headers.get('content-type')).toBe('application/x-figures')
    expect(bytes.equals(Buffer.from(await content.arrayBuffer()))).toBe(true)

    const [kept] = await sentCopies('adele', subject)
    expect(kept?.internetMessageId).toBe(copy?.internetMessageId)
    expect(kept?.bccRecipients).toHaveLength(1)
    expect(found('casey@fabrikam.test', subject)).toHaveLength(1)
  })

  it('keeps no copy when told not to.', async () => {
    const subject = freshSubject()
    const body = { message: messageTo(['ben@contoso.test'], { subject }), saveToSentItems: false }
    expect((await fixture.call('adele', 'POST', '/me/sendMail', body)).status).toBe(202)
    expect(found('ben@contoso.test', subject)).toHaveLength(1)
    expect(await sentCopies('adele', subject)).toEqual([])
  })

  it('answers 202 with an empty body.', async () => {
    const response = await send('adele', messageTo(['ben@contoso.test']))
    expect([response.status, await response.text()]).toEqual([202, ''])
  })

  it('reports an unknown address of a sandbox tenant back, and lets others vanish.', async () => {
    const subject = freshSubject()
    await send('adele', messageTo(['nobody@fabrikam.test', 'someone@example.test'], { subject }))
    const [report] = found('adele@contoso.test', `Undeliverable: ${subject}`)
    expect(report?.body.content).toContain('nobody@fabrikam.test')
    expect(report?.body.content).not.toContain('someone@example.test')
  })

  it('takes MIME that a mail library composed.', async () => {
    const subject = 'Größe — ¿qué?'
    const composer = createTransport({ streamTransport: true, buffer: true })
    const { message } = await composer.sendMail({
      from: 'adele@contoso.test',
      to: 'ben@contoso.test',
      subject,
      html: '<p>Grüße</p>',
      attachments: [{ filename: 'résumé.txt', content: 'Inhalt' }],
    })
    const body = base64(message as Buffer)
    const response = await fixture.call('adele', 'POST', '/me/sendMail', body, { 'content-type': 'text/plain' })
    expect(response.status).toBe(202)
    const [copy] = found('ben@contoso.test', subject)
    expect(copy).toMatchObject({ body: { contentType: 'html' }, attachments: [{ name: 'résumé.txt', size: 6 }] })
    expect(copy?.body.content.trim()).toBe('<p>Grüße</p>')
  })

  it('answers 200 to large MIME and sends nothing, as was seen at Microsoft.', async () => {
    const before = subjectsIn('ben@contoso.test')
    const mime = `From: adele@contoso.test\r\nTo: ben@contoso.test\r\nSubject: Large\r\n\r\n${'x'.repeat(1_700_000)}`
    const response = await fixture.call('adele', 'POST', '/me/sendMail', base64(mime), { 'content-type': 'text/plain' })
    expect(response.status).toBe(200)
    expect(subjectsIn('ben@contoso.test')).toEqual(before)
  })

  const ben = ['ben@contoso.test']
  const headers = (...names: string[]) => names.map((name) => ({ name, value: 'v' }))
  it.each([
    ['no recipients', messageTo([]), 400, 'ErrorInvalidRecipients'],
    ['an address that is none', messageTo(['ben']), 400, 'ErrorInvalidRecipients'],
    [
      '501 recipients',
      messageTo(Array.from({ length: 501 }, (_, n) => `u${n}@example.test`)),
      400,
      'ErrorRecipientLimitExceeded',
    ],
    [
      'a header without x-',
      messageTo(ben, { internetMessageHeaders: headers('In-Reply-To') }),
      400,
      'InvalidInternetMessageHeader',
    ],
    [
      'six headers',
      messageTo(ben, { internetMessageHeaders: headers('x-1', 'x-2', 'x-3', 'x-4', 'x-5', 'x-6') }),
      400,
      'InvalidInternetMessageHeaderCollection',
    ],
    ['a foreign sender', messageTo(ben, { from: { emailAddress: { address: 'ben@contoso.test' } } }), 403, 'ErrorSendAsDenied'],
    [
      'a body above 4 MB',
      messageTo(ben, { body: { contentType: 'text', content: 'x'.repeat(4_200_000) } }),
      413,
      'RequestEntityTooLarge',
    ],
  ])('refuses %s and delivers nothing.', async (_what, message, status, code) => {
    const before = subjectsIn('ben@contoso.test')
    const response = await send('adele', message)
    expect([response.status, await errorCode(response)]).toEqual([status, code])
    expect(subjectsIn('ben@contoso.test')).toEqual(before)
  })

  it('carries custom headers to the recipient.', async () => {
    const subject = freshSubject()
    await send('adele', messageTo(['ben@contoso.test'], { subject, internetMessageHeaders: [{ name: 'x-order', value: '17' }] }))
    expect(found('ben@contoso.test', subject)[0]?.internetMessageHeaders).toContainEqual({ name: 'x-order', value: '17' })
  })
})

describe('Sending as a shared mailbox', () => {
  const asSales = (subject: string) =>
    messageTo(['ben@contoso.test'], { subject, from: { emailAddress: { address: 'sales@contoso.test' } } })

  it('works for whom it is shared with, with the Shared scope.', async () => {
    const subject = freshSubject()
    expect((await send('adele', asSales(subject))).status).toBe(202)
    expect(found('ben@contoso.test', subject)[0]?.from?.emailAddress?.address).toBe('sales@contoso.test')
    expect(await sentCopies('adele', subject)).toHaveLength(1)
  })

  it('is denied without the scope, and to anyone else.', async () => {
    fixture.tokens.set('unshared', tokenOf('adele@contoso.test', { scp: ['Mail.Send'] }))
    for (const token of ['unshared', 'ben']) {
      const response = await send(token, asSales(freshSubject()))
      expect([response.status, await errorCode(response)], token).toEqual([403, 'ErrorSendAsDenied'])
    }
  })

  it('goes through its own path too, for the person and for the application.', async () => {
    const [first, second] = [freshSubject(), freshSubject()]
    expect(
      (await send('adele', messageTo(['ben@contoso.test'], { subject: first }), '/users/sales@contoso.test/sendMail')).status,
    ).toBe(202)
    expect(
      (await send('app', messageTo(['ben@contoso.test'], { subject: second }), '/users/sales@contoso.test/sendMail')).status,
    ).toBe(202)
    for (const subject of [first, second]) {
      expect(found('ben@contoso.test', subject)[0]?.from?.emailAddress?.address).toBe('sales@contoso.test')
      expect(found('sales@contoso.test', subject)).toHaveLength(1)
    }
  })
})

describe('An ordered effect', () => {
  it('acceptThenDrop: the mail is sent and the connection lost.', async () => {
    const subject = freshSubject()
    fixture.faults.add({ service: 'graph', effect: 'acceptThenDrop', times: 1, match: { facts: { operation: 'sendMail' } } })
    await expect(send('adele', messageTo(['ben@contoso.test'], { subject }))).rejects.toThrow()
    expect(found('ben@contoso.test', subject)).toHaveLength(1)
    expect(fixture.journal.list('graph', { operation: 'sendMail' }).at(-1)?.status).toBe('dropped')
  })

  it('acceptThen504: the mail is sent and the answer is 504.', async () => {
    const subject = freshSubject()
    fixture.faults.add({ service: 'graph', effect: 'acceptThen504', times: 1 })
    expect((await send('adele', messageTo(['ben@contoso.test'], { subject }))).status).toBe(504)
    expect(found('ben@contoso.test', subject)).toHaveLength(1)
  })

  it('ok200NotSent: the answer is 200 and nothing is sent.', async () => {
    const subject = freshSubject()
    fixture.faults.add({ service: 'graph', effect: 'ok200NotSent', times: 1 })
    expect((await send('adele', messageTo(['ben@contoso.test'], { subject }))).status).toBe(200)
    expect(found('ben@contoso.test', subject)).toEqual([])
  })

  it('sentCopyLate: the copy shows 30 seconds later by the shared clock.', async () => {
    const subject = freshSubject()
    fixture.faults.add({ service: 'graph', effect: 'sentCopyLate', times: 1 })
    await send('adele', messageTo(['ben@contoso.test'], { subject }))
    expect(found('ben@contoso.test', subject)).toHaveLength(1)
    setClockOffset(clockOffset() + 28_000)
    expect(await sentCopies('adele', subject)).toEqual([])
    setClockOffset(clockOffset() + 3_000)
    expect(await sentCopies('adele', subject)).toHaveLength(1)
  })
})

describe('A fault matched by facts', () => {
  it('breaks the connection after the request took effect.', async () => {
    const subject = freshSubject()
    fixture.faults.add({ service: 'graph', drop: 'after', times: 1, match: { facts: { operation: 'sendMail' } } })
    await expect(send('adele', messageTo(['ben@contoso.test'], { subject }))).rejects.toThrow()
    expect(found('ben@contoso.test', subject)).toHaveLength(1)
  })
})
