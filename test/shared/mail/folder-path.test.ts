import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { decodeSegment, encodeSegment, isSameName, parseFolderReference } from '../../../shared/mail/folder-path.ts'

const ID = `AAMkAD${'x'.repeat(60)}=`

describe('a folder reference', () => {
  it.each([
    ['Inbox', { kind: 'wellKnown', name: 'inbox' }],
    ['DELETEDITEMS', { kind: 'wellKnown', name: 'deleteditems' }],
    [ID, { kind: 'id', id: ID }],
    ['Invoices', { kind: 'path', segments: ['Invoices'] }],
    ['Sent Items', { kind: 'path', segments: ['Sent Items'] }],
    ['Inbox/Invoices/2026', { kind: 'path', segments: ['Inbox', 'Invoices', '2026'] }],
    ['R%2fD/50% off', { kind: 'path', segments: ['R/D', '50% off'] }],
    [`${'a'.repeat(59)}`, { kind: 'path', segments: ['a'.repeat(59)] }],
    [`${'a '.repeat(40)}b`, { kind: 'path', segments: [`${'a '.repeat(40)}b`] }],
    ['constructor', { kind: 'path', segments: ['constructor'] }],
  ])('%j', (reference, expected) => {
    expect(parseFolderReference(reference)).toEqual(expected)
  })

  it.each(['', ' ', '/', 'a/', '/a', 'a//b', 'a/ /b'])('%j is none', (reference) => {
    expect(parseFolderReference(reference)).toBeUndefined()
  })
})

describe('a segment of a path', () => {
  it('gives back every name', () => {
    const names = fc.stringMatching(/^[a%25fF/2]{1,12}$/)
    fc.assert(
      fc.property(names, (name) => {
        expect(encodeSegment(name)).not.toContain('/')
        expect(decodeSegment(encodeSegment(name))).toBe(name)
      }),
    )
    fc.assert(fc.property(fc.string(), (name) => decodeSegment(encodeSegment(name)) === name))
  })

  it('leaves ordinary percent signs readable', () => {
    expect(encodeSegment('50% off')).toBe('50% off')
    expect(decodeSegment('100%')).toBe('100%')
  })
})

it.each([
  ['Invoices', 'INVOICES', true],
  ['\u00DCbersicht', 'u\u0308bersicht', true],
  ['Invoices', 'Invoice', false],
  ['a b', 'ab', false],
])('the names %j and %j are the same: %j', (a, b, expected) => {
  expect(isSameName(a, b)).toBe(expected)
})
