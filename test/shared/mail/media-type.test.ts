import fc from 'fast-check'
import { expect, it } from 'vitest'

import { toMediaType } from '../../../shared/mail/media-type.ts'

it.each([
  ['application/pdf', 'application/pdf'],
  ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
  ['text/plain;charset="utf-8"; format=flowed', 'text/plain;charset="utf-8"; format=flowed'],
  [
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  ],
  [' image/svg+xml ', 'image/svg+xml'],
  ['image/png; name="файл.png"', 'image/png'],
  ['image/png; name=a b', 'image/png'],
  ['image/png\r\nSet-Cookie: a=b', 'application/octet-stream'],
  ['image/png; a=b\r\nSet-Cookie: a=b', 'image/png'],
  ['image', 'application/octet-stream'],
  ['', 'application/octet-stream'],
  ['a/b/c', 'application/octet-stream'],
])('%j is %j', (given, expected) => {
  expect(toMediaType(given)).toBe(expected)
})

it('is a header value for any text at all', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary' }).map((text) => `a/b;${text}`),
    fc.stringMatching(/^a\/b;\s*x="[\w\r\né\\]*"$/),
  )
  fc.assert(
    fc.property(texts, (text) => {
      expect(() => new Headers({ 'content-type': toMediaType(text) })).not.toThrow()
      expect(toMediaType(text)).toMatch(/^[\x20-\x7E]+$/)
    }),
  )
})
