import { describe, expect, it } from 'vitest'
import { newMessage } from '../../../../sandbox/graph/compose.ts'
import { compileFilter } from '../../../../sandbox/graph/query/evaluate.ts'
import { messageCollections, messageFields } from '../../../../sandbox/graph/query/fields.ts'
import { filterFields, parseFilter } from '../../../../sandbox/graph/query/filter.ts'
import { people } from '../../../../sandbox/people.ts'

const [owner] = people
if (!owner) throw new Error('The sandbox has no people.')
const message = newMessage(owner, 'folder', {
  subject: "Ben's invoice (March)",
  receivedDateTime: '2026-03-01T12:00:00Z',
  isRead: false,
  importance: 'high',
  categories: ['Blue'],
  from: { emailAddress: { name: 'Ben', address: 'ben@contoso.test' } },
  conversationId: 'AAQkB',
})
const matches = (filter: string) => compileFilter(parseFilter(filter), messageFields, messageCollections)(message)

describe('A filter', () => {
  it.each([
    'receivedDateTime ge 2026-03-01T12:00:00Z',
    'receivedDateTime lt 2026-03-01T13:00:00+00:30',
    'receivedDateTime gt 2026-02-28',
    "subject eq 'ben''s INVOICE (March)'",
    "from/emailAddress/address eq 'BEN@contoso.test'",
    "startswith(subject,'ben') and contains(subject, 'march')",
    "not (importance eq 'low') and not isRead eq true",
    "isRead eq true or importance eq 'high' and isDraft eq true",
    "(isRead eq true or importance eq 'high') and isDraft eq true",
    "categories/any(c:c eq 'Blue')",
    'hasAttachments ne true',
    "sender/emailAddress/address ne 'x@y.test'",
    "conversationId eq 'AAQkB'",
  ])('matches by %s.', (filter) => {
    expect(matches(filter)).toBe(true)
  })

  it.each([
    'receivedDateTime gt 2026-03-01T12:00:00Z',
    "endswith(subject,'april')",
    "isRead eq true and isDraft eq true or importance eq 'low'",
    "conversationId eq 'aaqkb'",
    "sender/emailAddress/address eq 'x@y.test'",
  ])('does not match by %s.', (filter) => {
    expect(matches(filter)).toBe(false)
  })

  it.each([
    '',
    'isRead',
    'isRead eq',
    "isRead eq 'false'",
    "receivedDateTime ge '2026-01-01T00:00:00Z'",
    "subject eq 'open",
    "subject eq 'a' and",
    "(subject eq 'a'",
    "subject eq 'a')",
    "contains('a',subject)",
    "toString eq 'a'",
    "body/content eq 'a'",
    "subject has 'a'",
    'subject eq a; drop',
  ])('refuses %j.', (filter) => {
    expect(() => matches(filter)).toThrow(expect.objectContaining({ status: 400, code: 'ErrorInvalidUrlQueryFilter' }))
  })

  it('names its fields in the order of its text.', () => {
    expect(filterFields(parseFilter("isRead eq true and (contains(subject,'a') or sentDateTime gt 2026-01-01)"))).toEqual([
      'isRead',
      'subject',
      'sentDateTime',
    ])
  })
})
