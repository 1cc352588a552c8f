import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { contentDisposition } from '../../../shared/mail/content-disposition.ts'

/** The name a browser saves under: RFC 6266 prefers `filename*`. */
function savedAs(header: string): string {
  const extended = /filename\*=UTF-8''([^;]+)$/.exec(header)?.[1]
  return extended === undefined ? (/filename="([^"]*)"/.exec(header)?.[1] ?? '') : decodeURIComponent(extended)
}

describe('Content-Disposition', () => {
  it.each([
    ['report.pdf', 'attachment; filename="report.pdf"'],
    ['a b (1).txt', 'attachment; filename="a b (1).txt"'],
    ['Rechnung €.pdf', `attachment; filename="Rechnung _.pdf"; filename*=UTF-8''Rechnung%20%E2%82%AC.pdf`],
    ['🎈.png', `attachment; filename="_.png"; filename*=UTF-8''%F0%9F%8E%88.png`],
    ["it's*", 'attachment; filename="it\'s*"'],
    ['say "hi".txt', `attachment; filename="say _hi_.txt"; filename*=UTF-8''say%20%22hi%22.txt`],
    ['50%41.txt', `attachment; filename="50_41.txt"; filename*=UTF-8''50%2541.txt`],
  ])('of %j', (filename, expected) => {
    expect(contentDisposition(filename)).toBe(expected)
  })

  it.each(['Отчёт.docx', '報告書.xlsx', 'تقرير.pdf', 'naïve café.txt', '👩‍👩‍👧‍👦 family.jpg', "l'été (fin).txt"])(
    'keeps the name %s',
    (filename) => {
      expect(savedAs(contentDisposition(filename))).toBe(filename)
    },
  )

  it.each([
    ['a.txt\r\nSet-Cookie: x=1', 'a.txtSet-Cookie: x=1'],
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['C:\\temp\\a.exe', 'C:_temp_a.exe'],
    ['photo\u202Egpj.exe', 'photogpj.exe'],
    ['', 'attachment'],
    [' \u0000 ', 'attachment'],
  ])('makes the dangerous name %j the harmless %j', (filename, expected) => {
    expect(savedAs(contentDisposition(filename))).toBe(expected)
  })

  it('is a header value for any name at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (filename) => {
        const header = contentDisposition(filename)
        expect(() => new Headers({ 'content-disposition': header })).not.toThrow()
        expect(header).toMatch(/^attachment; filename="[\x20-\x7E]*"(?:; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+)?$/)
        expect(header.match(/"/g)).toHaveLength(2)
        expect(header.length).toBeLessThan(3000)
      }),
    )
  })

  it('survives half a character', () => {
    expect(savedAs(contentDisposition('a\uD83Cb.txt'))).toBe('a\uFFFDb.txt')
  })
})
