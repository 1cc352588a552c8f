import { beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import en from 'zod/v4/locales/en.js'

import { AppError, type InputError } from '../../../shared/errors.ts'
import { messageInput, parseMessage } from '../../../shared/mail/message-input.ts'

beforeAll(() => {
  z.config(en())
})

const MINIMAL = { to: ['ben@contoso.test'] }

function errorsOf(input: unknown): InputError[] {
  try {
    parseMessage(input)
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_request') return error.details.errors ?? []
    throw error
  }
  return []
}
const pointersOf = (input: unknown) => errorsOf(input).map(({ pointer }) => pointer)

describe('a message as an application sends it', () => {
  it('comes out in one form', () => {
    expect(parseMessage(MINIMAL)).toEqual({
      subject: '',
      to: [{ address: 'ben@contoso.test' }],
      cc: [],
      bcc: [],
      replyTo: [],
      body: { kind: 'text', content: '' },
      categories: [],
      headers: [],
      attachments: [],
    })
  })

  it('may give an address as text or with a name', () => {
    const { to, from } = parseMessage({
      from: 'a@b.test',
      to: ['c@d.test', { address: 'e@f.test' }, { name: 'Ö', address: 'g@h.test' }],
    })
    expect(from).toEqual({ address: 'a@b.test' })
    expect(to).toEqual([{ address: 'c@d.test' }, { address: 'e@f.test' }, { name: 'Ö', address: 'g@h.test' }])
  })

  it('sends the html where both bodies are given, even an empty one', () => {
    expect(parseMessage({ ...MINIMAL, text: 'T', html: '<p>H' }).body).toEqual({ kind: 'html', content: '<p>H' })
    expect(parseMessage({ ...MINIMAL, text: 'T', html: '' }).body).toEqual({ kind: 'html', content: '' })
    expect(parseMessage({ ...MINIMAL, text: 'line\r\nline\ttab' }).body).toEqual({ kind: 'text', content: 'line\r\nline\ttab' })
  })

  it('takes an attachment with a content id as inline unless it says otherwise', () => {
    const file = { filename: 'a.png', content: 'AAAA' }
    const { attachments } = parseMessage({
      ...MINIMAL,
      attachments: [file, { ...file, cid: 'a' }, { ...file, cid: 'a', inline: false }],
    })
    expect(attachments.map(({ inline }) => inline)).toEqual([false, true, false])
    expect(attachments[0]?.contentType).toBe('application/octet-stream')
  })

  it('has a JSON Schema that allows nothing unknown', () => {
    const schema = z.toJSONSchema(messageInput, { io: 'input' })
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false })
    expect(Object.keys(schema.properties ?? {})).toEqual([
      ...['subject', 'from', 'to', 'cc', 'bcc', 'replyTo', 'text', 'html', 'importance', 'categories', 'headers', 'attachments'],
    ])
    expect(schema.required).toBeUndefined()
  })
})

describe('what is refused, and where', () => {
  it.each<[string, object, string]>([
    ['an unknown field', { sendAt: 'now' }, '/sendAt'],
    ['a field whose name needs escaping', { 'a/b~c': 1 }, '/a~1b~0c'],
    ['a subject that is no text', { subject: 1 }, '/subject'],
    ['an address that is none', { to: ['nobody'] }, '/to/0'],
    ['an address with a wrong part', { cc: [{ address: 'nobody' }] }, '/cc/0/address'],
    ['an address with an unknown part', { bcc: [{ address: 'a@b.test', title: 'Dr' }] }, '/bcc/0/title'],
    ['one address where a list is wanted', { to: 'a@b.test' }, '/to'],
    ['another importance', { importance: 'urgent' }, '/importance'],
    ['a header that is not custom', { headers: [{ name: 'Subject', value: 'x' }] }, '/headers/0/name'],
    ['a header without a name', { headers: [{ name: 'x-', value: 'x' }] }, '/headers/0/name'],
    ['a header with a colon in its name', { headers: [{ name: 'x-a: b', value: 'x' }] }, '/headers/0/name'],
    ['six headers', { headers: Array(6).fill({ name: 'x-a', value: 'x' }) }, '/headers'],
    ['an attachment without content', { attachments: [{ filename: 'a' }] }, '/attachments/0/content'],
    ['an attachment without a name', { attachments: [{ filename: '', content: '' }] }, '/attachments/0/filename'],
    ['an attachment by URL', { attachments: [{ filename: 'a', content: '', href: 'file:///etc' }] }, '/attachments/0/href'],
    [
      'a content type that is none',
      { attachments: [{ filename: 'a', content: '', contentType: 'pdf' }] },
      '/attachments/0/contentType',
    ],
    ['half a character in a body', { text: '\uD83C' }, '/text'],
    ['null for a text', { html: null }, '/html'],
  ])('%s', (_title, more, pointer) => {
    expect(pointersOf({ ...MINIMAL, ...more })).toEqual([pointer])
  })

  it.each(['A===', 'AAA', 'AA==AA==', 'AAAA\n', 'A A A A=', 'AB==', 'AAB=', '-_-_', '=', '====', 'ÄAAA'])(
    'content that is not canonical base64 (%j)',
    (content) => {
      expect(pointersOf({ ...MINIMAL, attachments: [{ filename: 'a', content }] })).toEqual(['/attachments/0/content'])
    },
  )

  it.each(['', 'AA==', 'AAA=', 'AAAA', '+/+/', Buffer.alloc(100_001, 7).toString('base64')])('but not base64', (content) => {
    expect(pointersOf({ ...MINIMAL, attachments: [{ filename: 'a', content }] })).toEqual([])
  })

  const injections = [
    'a\r\nBcc: evil@evil.test',
    'a\nb',
    'a\rb',
    'a\u0000b',
    'a\u007Fb',
    'a\u0085b',
    'a\u2028b',
    'a\u2029b',
    '\uD83C',
  ]
  it.each(injections)('header injection by %j, wherever text meets a header', (evil) => {
    const file = { filename: 'a', content: '' }
    expect(pointersOf({ ...MINIMAL, subject: evil })).toEqual(['/subject'])
    expect(pointersOf({ to: [{ name: evil, address: 'a@b.test' }] })).toEqual(['/to/0/name'])
    expect(pointersOf({ to: [`${evil}@b.test`] })).toEqual(['/to/0'])
    expect(pointersOf({ to: [`a@${evil}.test`] })).toEqual(['/to/0'])
    expect(pointersOf({ ...MINIMAL, from: { name: evil, address: 'a@b.test' } })).toEqual(['/from/name'])
    expect(pointersOf({ ...MINIMAL, replyTo: [{ name: evil, address: 'a@b.test' }] })).toEqual(['/replyTo/0/name'])
    expect(pointersOf({ ...MINIMAL, headers: [{ name: 'x-a', value: evil }] })).toEqual(['/headers/0/value'])
    expect(pointersOf({ ...MINIMAL, headers: [{ name: `x-${evil}`, value: '' }] })).toEqual(['/headers/0/name'])
    expect(pointersOf({ ...MINIMAL, categories: [evil] })).toEqual(['/categories/0'])
    expect(pointersOf({ ...MINIMAL, attachments: [{ ...file, filename: evil }] })).toEqual(['/attachments/0/filename'])
    expect(new Set(pointersOf({ ...MINIMAL, attachments: [{ ...file, cid: evil }] }))).toEqual(new Set(['/attachments/0/cid']))
    expect(new Set(pointersOf({ ...MINIMAL, attachments: [{ ...file, contentType: `a/b;${evil}` }] }))).toEqual(
      new Set(['/attachments/0/contentType']),
    )
  })

  it('more than 1,000 recipients, in one list or in all together', () => {
    const people = (count: number) => Array.from({ length: count }, (_, index) => `p${index}@example.test`)
    expect(pointersOf({ to: people(1000) })).toEqual([])
    expect(pointersOf({ to: people(1001) })).toContain('/to')
    expect(pointersOf({ to: people(400), cc: people(400), bcc: people(200) })).toEqual([])
    expect(pointersOf({ to: people(400), cc: people(400), bcc: people(201) })).toEqual(['/to'])
  })

  it('everything wrong at once, but not without end', () => {
    expect(pointersOf({ to: ['x'], subject: 1, unknown: 1 }).toSorted()).toEqual(['/subject', '/to/0', '/unknown'])
    expect(errorsOf({ to: Array(900).fill('x') }).length).toBeLessThanOrEqual(50)
    expect(errorsOf(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, 1]))).length).toBeLessThanOrEqual(
      50,
    )
  })

  it.each([null, 'text', [], 1])('a message that is %j', (input) => {
    expect(pointersOf(input)).toEqual([''])
  })

  it('without repeating what was sent', () => {
    const errors = errorsOf({
      subject: 'secret\nsubject',
      text: 1,
      to: ['secret address'],
      attachments: [{ filename: 'secret\n', content: 'secret' }],
    })
    expect(errors.length).toBeGreaterThan(3)
    expect(JSON.stringify(errors)).not.toContain('secret')
  })
})
