import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { AppError } from '../../../shared/errors.ts'
import { toGraphMessage } from '../../../shared/mail/graph-message.ts'
import { parseMessage } from '../../../shared/mail/message-input.ts'
import { sendMessage } from '../../../shared/mail/send.ts'
import { base64, tokenOf } from '../../sandbox/graph/graph-fixture.ts'
import { ADELE, BEN, type MailFixture, mailboxOf, rotatingToken, SALES, startMailFixture } from './mail-fixture.ts'

let fixture: MailFixture
beforeAll(async () => {
  fixture = await startMailFixture()
})
afterAll(() => fixture.close())
beforeEach(() => {
  fixture.faults.clear()
  fixture.journal.clear()
})

const adele = mailboxOf('adele')
const note = (more: object = {}) => parseMessage({ subject: 'Note', to: [BEN], text: 'Hello', ...more })
const sends = () => fixture.journal.list('graph', { operation: 'sendMail' })
const received = (address: string, subject: string) =>
  fixture.graph.messagesOf(address).filter((message) => message.subject === subject)

describe('sending', () => {
  it('delivers everything the message says, and keeps a copy in Sent Items', async () => {
    const message = parseMessage({
      subject: 'Grüße 🎈',
      to: [BEN, { name: 'Sales', address: SALES }],
      cc: [{ name: 'Admin', address: 'admin@contoso.test' }],
      bcc: ['casey@fabrikam.test'],
      replyTo: ['answers@contoso.test'],
      text: 'ignored',
      html: '<p>Hi<img src="cid:logo"></p>',
      importance: 'high',
      categories: ['Invoice'],
      headers: [{ name: 'X-Ticket', value: '42' }],
      attachments: [
        { filename: 'Rechnung €.pdf', contentType: 'application/pdf', content: base64('%PDF') },
        { filename: 'logo.png', contentType: 'image/png', content: base64('png'), cid: 'logo' },
      ],
    })
    expect(await sendMessage(fixture.mail, adele, message)).toEqual({ status: 'sent' })
    const [arrived] = received(BEN, 'Grüße 🎈')
    expect(arrived).toMatchObject({
      importance: 'high',
      body: { contentType: 'html', content: '<p>Hi<img src="cid:logo"></p>' },
      from: { emailAddress: { address: ADELE } },
      toRecipients: [{ emailAddress: { address: BEN } }, { emailAddress: { name: 'Sales', address: SALES } }],
      ccRecipients: [{ emailAddress: { name: 'Admin' } }],
      replyTo: [{ emailAddress: { address: 'answers@contoso.test' } }],
      attachments: [
        { name: 'Rechnung €.pdf', contentType: 'application/pdf', isInline: false },
        { name: 'logo.png', contentType: 'image/png', isInline: true, contentId: 'logo' },
      ],
    })
    expect(arrived?.internetMessageHeaders).toContainEqual({ name: 'X-Ticket', value: '42' })
    expect(received('casey@fabrikam.test', 'Grüße 🎈')).toHaveLength(1)
    const [copy] = received(ADELE, 'Grüße 🎈')
    expect(copy).toMatchObject({ isDraft: false, categories: ['Invoice'] })
  })

  it('makes one request, with immutable ids asked for and a request id of its own', async () => {
    await sendMessage(fixture.mail, adele, note())
    expect(fixture.journal.list('graph')).toHaveLength(1)
    expect(sends()[0]).toMatchObject({ status: 202, facts: { immutable: true, recipients: 1 } })
  })

  it('sends as a shared mailbox where the person may, and says what would allow it where not', async () => {
    await sendMessage(fixture.mail, adele, note({ subject: 'Offer', from: SALES }))
    expect(received(BEN, 'Offer')[0]).toMatchObject({ from: { emailAddress: { address: SALES } } })
    await expect(sendMessage(fixture.mail, mailboxOf('ben'), note({ from: SALES, to: [ADELE] }))).rejects.toMatchObject({
      code: 'mailbox_refused',
      action: 'tenantAdmin',
      details: { reason: 'send_as_denied', nextStep: { text: expect.any(String) }, upstream: { code: 'ErrorSendAsDenied' } },
    })
  })

  it('asks for the consent first where a message in another name is denied without it', async () => {
    fixture.tokens.set('own-only', tokenOf(ADELE, { scp: ['Mail.Send'] }))
    const own = mailboxOf('own-only', { permissions: new Set(['send']) })
    await expect(sendMessage(fixture.mail, own, note({ from: SALES }))).rejects.toMatchObject({
      code: 'permission_missing',
      details: { extra: { permissions: ['shared'] }, upstream: { code: 'ErrorSendAsDenied' } },
    })
    await expect(sendMessage(fixture.mail, own, note({ from: ADELE }))).resolves.toEqual({ status: 'sent' })
  })

  it('refuses without a request what cannot be sent', async () => {
    await expect(sendMessage(fixture.mail, adele, note({ to: [] }))).rejects.toMatchObject({
      code: 'invalid_request',
      details: { errors: [{ pointer: '/to', message: expect.any(String) }] },
    })
    const readOnly = mailboxOf('adele', { permissions: new Set(['read', 'organize']) })
    await expect(sendMessage(fixture.mail, readOnly, note())).rejects.toMatchObject({
      code: 'permission_missing',
      details: { extra: { permissions: ['send'] } },
    })
    expect(fixture.journal.list('graph')).toHaveLength(0)
  })

  it('sends a request of exactly 3,500,000 bytes and refuses one byte more with the limit', async () => {
    const attachments = [{ filename: 'a.bin', content: base64(Buffer.alloc(1_500_000)) }]
    const sized = (text: string) => note({ subject: 'Big', text, attachments })
    const bytes = JSON.stringify({ message: toGraphMessage(sized('')), saveToSentItems: true }).length
    const fitting = 'x'.repeat(3_500_000 - bytes)
    expect(await sendMessage(fixture.mail, adele, sized(fitting))).toEqual({ status: 'sent' })
    expect(received(BEN, 'Big')[0]?.body.content).toBe(fitting)
    await expect(sendMessage(fixture.mail, adele, sized(`${fitting}x`))).rejects.toMatchObject({
      code: 'payload_too_large',
      details: { extra: { limit: 3_500_000 } },
    })
    expect(sends()).toHaveLength(1)
  })

  it('names the recipient limit of Exchange as its refusal', async () => {
    const to = Array.from({ length: 501 }, (_, index) => `person${index}@example.test`)
    await expect(sendMessage(fixture.mail, adele, note({ to }))).rejects.toMatchObject({
      code: 'mailbox_refused',
      details: { reason: 'recipient_refused' },
    })
  })

  it('is asked for the permission when the consent lost it meanwhile', async () => {
    fixture.tokens.set('reader', tokenOf(ADELE, { scp: ['Mail.Read'] }))
    await expect(sendMessage(fixture.mail, mailboxOf('reader'), note())).rejects.toMatchObject({
      code: 'permission_missing',
      details: { extra: { permissions: ['send'] } },
    })
  })
})

describe('a send whose answer is lost', () => {
  it.each(['acceptThenDrop', 'acceptThen504'])('%s ends as unknown, was made once, and is not repeated', async (effect) => {
    fixture.faults.add({ service: 'graph', effect, times: 1 })
    const subject = `Lost ${effect}`
    await expect(sendMessage(fixture.mail, adele, note({ subject }))).rejects.toMatchObject({
      code: 'outcome_unknown',
      details: { retryAfter: undefined },
    })
    expect(sends()).toHaveLength(1)
    expect(received(BEN, subject)).toHaveLength(1)
  })

  it('is unknown too when nothing was done, for nobody can tell', async () => {
    fixture.faults.add({ service: 'graph', match: { path: '/sendMail$' }, drop: 'before', times: 1 })
    await expect(sendMessage(fixture.mail, adele, note({ subject: 'Never' }))).rejects.toMatchObject({ code: 'outcome_unknown' })
    expect(received(BEN, 'Never')).toHaveLength(0)
  })
})

describe('a send that was not accepted', () => {
  it('is not "sent" when Graph answers 200', async () => {
    fixture.faults.add({ service: 'graph', effect: 'ok200NotSent', times: 1 })
    await expect(sendMessage(fixture.mail, adele, note())).rejects.toMatchObject({ name: 'AppError' })
    expect(sends()).toHaveLength(1)
  })

  it.each([
    [429, 'throttled', { scope: 'mailbox' }],
    [503, 'upstream_unavailable', undefined],
  ])('is told %i with its Retry-After instead of being repeated', async (status, code, extra) => {
    // A short one: it also pauses the mailbox for the tests that follow.
    fixture.faults.add({
      service: 'graph',
      match: { path: '/sendMail$' },
      answer: { status, headers: { 'retry-after': '1' } },
      times: 1,
    })
    await expect(sendMessage(fixture.mail, mailboxOf('adele', { key: `${status}` }), note())).rejects.toMatchObject({
      code,
      details: { retryAfter: 1, ...(extra && { extra }) },
    })
    expect(sends().length + fixture.journal.list('graph').filter(({ status: seen }) => seen === status).length).toBe(1)
  })
})

describe('a claims challenge', () => {
  it('is answered once with a token that carries the claims, and the mail goes out once', async () => {
    fixture.tokens.set('revoked', tokenOf(ADELE, { revoked: true }))
    const tokens = rotatingToken('revoked', 'adele')
    await sendMessage(fixture.mail, mailboxOf('adele', tokens), note({ subject: 'Challenged' }))
    expect(tokens.asked).toEqual([undefined, expect.stringContaining('access_token')])
    expect(received(BEN, 'Challenged')).toHaveLength(1)
  })

  it('twice in a row asks the person to sign in again', async () => {
    fixture.tokens.set('revoked', tokenOf(ADELE, { revoked: true }))
    const tokens = rotatingToken('revoked', 'revoked')
    await expect(sendMessage(fixture.mail, mailboxOf('adele', tokens), note())).rejects.toMatchObject({
      code: 'reconnect_required',
      action: 'user',
    })
    expect(tokens.asked).toHaveLength(2)
  })
})

it('says nothing of the message, its people or its token in any refusal', async () => {
  const secrets = ['canary-subject', 'canary-body', 'canary-person', 'canary-file', 'canary-token', 'canary-text']
  const message = parseMessage({
    subject: 'canary-subject',
    to: ['canary-person@example.test'],
    text: 'canary-body',
    attachments: [{ filename: 'canary-file', content: '' }],
  })
  fixture.tokens.set('canary-token', tokenOf(ADELE))
  const body = JSON.stringify({ error: { code: 'ErrorCanary', message: 'canary-text' } })
  const statuses = [301, 400, 401, 403, 404, 409, 412, 413, 418, 429, 500, 502, 503, 504]
  const answers = statuses.map((status) => ({ answer: { status, body, headers: { location: '/canary-text' } } }))
  for (const fault of [...answers, { drop: 'before' as const }, { effect: 'ok200NotSent' }, { effect: 'acceptThen504' }]) {
    fixture.faults.clear()
    fixture.faults.add({ service: 'graph', ...fault })
    const mailbox = mailboxOf('canary-token', { key: JSON.stringify(fault) })
    const error = await sendMessage(fixture.mail, mailbox, message).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(AppError)
    const shown = JSON.stringify([(error as AppError).message, (error as AppError).details])
    for (const secret of secrets) expect(shown).not.toContain(secret)
  }
})
