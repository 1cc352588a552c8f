import { describe, expect, it } from 'vitest'

import {
  bodyPreference,
  fromGraphAttachment,
  fromGraphMessage,
  messageSelect,
  toGraphMessage,
} from '../../../shared/mail/graph-message.ts'
import { parseMessage } from '../../../shared/mail/message-input.ts'

describe('a message of Graph', () => {
  it('is shown under the names of the contract, every one of them', () => {
    const recipient = (name: string, address: string) => ({ emailAddress: { name, address } })
    const message = fromGraphMessage({
      id: 'id',
      conversationId: 'conversation',
      internetMessageId: '<1@example.test>',
      subject: 'Subject',
      from: recipient('Sales', 'sales@contoso.test'),
      sender: recipient('Adele', 'adele@contoso.test'),
      toRecipients: [recipient('Ben', 'ben@contoso.test')],
      ccRecipients: [],
      bccRecipients: [],
      replyTo: [recipient('', 'answers@contoso.test')],
      body: { contentType: 'html', content: '<p>' },
      bodyPreview: 'Preview',
      receivedDateTime: '2026-03-01T08:00:00Z',
      sentDateTime: '2026-03-01T07:59:00Z',
      importance: 'high',
      isRead: true,
      isDraft: false,
      categories: ['Red'],
      flag: { flagStatus: 'flagged' },
      hasAttachments: true,
      internetMessageHeaders: [{ name: 'X-A', value: '1' }],
      parentFolderId: 'folder',
      webLink: 'https://outlook.example/1',
    })
    expect(message).toEqual({
      id: 'id',
      conversationId: 'conversation',
      internetMessageId: '<1@example.test>',
      subject: 'Subject',
      from: { name: 'Sales', address: 'sales@contoso.test' },
      sender: { name: 'Adele', address: 'adele@contoso.test' },
      to: [{ name: 'Ben', address: 'ben@contoso.test' }],
      cc: [],
      bcc: [],
      replyTo: [{ address: 'answers@contoso.test' }],
      html: '<p>',
      preview: 'Preview',
      receivedOn: '2026-03-01T08:00:00Z',
      sentOn: '2026-03-01T07:59:00Z',
      importance: 'high',
      isRead: true,
      isDraft: false,
      categories: ['Red'],
      flag: 'flagged',
      hasAttachments: true,
      headers: [{ name: 'X-A', value: '1' }],
      folder: 'folder',
      webLink: 'https://outlook.example/1',
    })
  })

  it('with next to nothing in it is still a message', () => {
    const message = JSON.parse(JSON.stringify(fromGraphMessage({ id: 'id', subject: null, from: null, body: null })))
    expect(message).toEqual({
      ...{ id: 'id', subject: '', to: [], cc: [], bcc: [], replyTo: [], preview: '', importance: 'normal' },
      ...{ isRead: false, isDraft: false, categories: [], flag: 'notFlagged', hasAttachments: false },
    })
  })

  it('has one body, under the name of its kind', () => {
    expect(fromGraphMessage({ body: { contentType: 'text', content: 'T' } })).toMatchObject({ text: 'T' })
    expect(fromGraphMessage({ body: { contentType: 'text', content: 'T' } })).not.toHaveProperty('html')
  })

  it('shows a recipient that Exchange knows by name only, and leaves out one it does not know', () => {
    const message = fromGraphMessage({
      toRecipients: [{ emailAddress: { name: 'Undisclosed', address: null } }, { emailAddress: {} }, {}],
    } as Parameters<typeof fromGraphMessage>[0])
    expect(message.to).toEqual([{ name: 'Undisclosed', address: '' }])
  })
})

describe('what is asked of Graph', () => {
  it('is a body or headers only where somebody wants them', () => {
    expect(messageSelect({ body: 'none', headers: false })).not.toMatch(/(^|,)(body|internetMessageHeaders)(,|$)/)
    expect(messageSelect({ body: 'text', headers: true })).toMatch(/,body,internetMessageHeaders$/)
    expect(bodyPreference('none')).toEqual([])
    expect(bodyPreference('text')).toEqual(['outlook.body-content-type="text"'])
  })
})

describe('a message to send', () => {
  it('tells Graph only what was given', () => {
    expect(toGraphMessage(parseMessage({ to: ['a@b.test'], subject: 'S', text: 'T' }))).toEqual({
      subject: 'S',
      toRecipients: [{ emailAddress: { address: 'a@b.test' } }],
      body: { contentType: 'text', content: 'T' },
    })
  })
})

describe('an attachment of Graph', () => {
  it.each([
    [{ '@odata.type': '#microsoft.graph.fileAttachment', contentType: 'a/b' }, 'file', 'a/b'],
    [{ '@odata.type': '#microsoft.graph.fileAttachment', contentType: null }, 'file', 'application/octet-stream'],
    [{ '@odata.type': '#microsoft.graph.itemAttachment', contentType: null }, 'item', 'message/rfc822'],
    [{ '@odata.type': '#microsoft.graph.referenceAttachment', contentType: null }, 'reference', 'application/octet-stream'],
    [{}, 'file', 'application/octet-stream'],
  ])('%j', (given, kind, contentType) => {
    const attachment = fromGraphAttachment({ id: 'id', name: 'n', size: 5, isInline: true, ...given })
    expect(attachment).toEqual({ id: 'id', filename: 'n', size: 5, inline: true, cid: undefined, kind, contentType })
  })
})
