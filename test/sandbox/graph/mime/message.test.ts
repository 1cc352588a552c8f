import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { parseMime } from '../../../../sandbox/graph/mime/parse.ts'
import { type GraphFixture, startGraphFixture } from '../graph-fixture.ts'

let fixture: GraphFixture
beforeAll(async () => {
  fixture = await startGraphFixture()
})
afterAll(() => fixture.close())

const raw = (lines: string[]) => Buffer.from(lines.join('\r\n'), 'latin1')

describe('Reading MIME', () => {
  it('decodes words, charsets, folded headers and continued parameters.', () => {
    const message = parseMime(
      raw([
        'From: =?iso-8859-1?Q?J=FCrgen?= <j@example.test>',
        'To: Friends: a@example.test,',
        ' "B, the second" <b@example.test>;',
        'Subject: =?utf-8?B?R3LDvA==?= =?utf-8?Q?=C3=9Fe?=',
        'Content-Type: multipart/mixed; boundary="-(x)-"',
        '',
        'preamble',
        '---(x)-',
        'Content-Type: text/plain; charset=iso-8859-1',
        'Content-Transfer-Encoding: quoted-printable',
        '',
        'sch=F6n=',
        'er',
        '---(x)-',
        "Content-Disposition: attachment; filename*0*=utf-8''na%C3%AF; filename*1=ve.txt",
        'Content-Transfer-Encoding: base64',
        '',
        'AAEC',
        '---(x)---',
        'epilogue',
      ]),
    )
    expect(message.from).toEqual({ emailAddress: { name: 'Jürgen', address: 'j@example.test' } })
    expect(message.toRecipients.map(({ emailAddress }) => emailAddress?.address)).toEqual(['a@example.test', 'b@example.test'])
    expect(message.subject).toBe('Grüße')
    expect(message.text).toBe('schöner')
    expect(message.files.map(({ name, bytes }) => [name, [...bytes]])).toEqual([['naïve.txt', [0, 1, 2]]])
  })
})

describe('A delivered message', () => {
  it('comes out as MIME with what it was made of.', async () => {
    const mime = raw([
      'From: Someone <someone@example.test>',
      'To: ben@contoso.test',
      'Subject: From outside',
      'Message-ID: <17@example.test>',
      'Date: Mon, 02 Mar 2026 10:00:00 +0100',
      'X-Order: 17',
      '',
      'Hello',
    ])
    fixture.graph.deliver('someone@example.test', ['ben@contoso.test', 'nobody@example.test'], mime)
    const [message] = fixture.graph.messagesOf('ben@contoso.test')
    const parsed = parseMime(
      Buffer.from(await (await fixture.call('ben', 'GET', `/me/messages/${message?.id}/$value`)).arrayBuffer()),
    )
    expect(parsed).toMatchObject({
      subject: 'From outside',
      internetMessageId: '<17@example.test>',
      text: expect.stringMatching(/^Hello\s*$/),
    })
    expect(parsed.headers).toContainEqual({ name: 'X-Order', value: '17' })
  })

  it('has its attachments in MIME byte for byte, also the large ones.', async () => {
    const file = { name: 'large.bin', contentType: 'application/x-large', bytes: 1_500_001 }
    const { messageId, attachmentId } = fixture.graph.addAttachmentMessage('ben@contoso.test', file)
    const [mime, content] = await Promise.all(
      [`/me/messages/${messageId}/$value`, `/me/messages/${messageId}/attachments/${attachmentId}/$value`].map(async (path) =>
        Buffer.from(await (await fixture.call('ben', 'GET', path)).arrayBuffer()),
      ),
    )
    const [part] = parseMime(mime as Buffer).files
    expect(part).toMatchObject({ name: 'large.bin', contentType: 'application/x-large' })
    expect(part?.bytes.equals(content as Buffer)).toBe(true)
  })
})
