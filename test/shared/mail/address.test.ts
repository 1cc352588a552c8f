import { describe, expect, it } from 'vitest'

import { isMailAddress } from '../../../shared/mail/address.ts'

describe('a mail address', () => {
  it.each([
    'adele@contoso.test',
    'first.last+tag@sub.example.co.uk',
    "o'brien@example.test",
    '!#$%&*/=?^_`{|}~-@example.test',
    'user@localhost',
    'üser@bücher.example',
    '用户@例子.广告',
    'a@xn--bcher-kva.example',
    `${'a'.repeat(64)}@example.test`,
    'double..dot@docomo.example',
  ])('%s', (address) => {
    expect(isMailAddress(address)).toBe(true)
  })

  it.each([
    '',
    '@',
    'a@',
    '@b.test',
    'a b@c.test',
    'a@b c.test',
    'a@@b.test',
    'a@b@c.test',
    '.a@b.test',
    'a.@b.test',
    'a@.b.test',
    'a@b..test',
    'a@b.test.',
    'a@-b.test',
    'a@b-.test',
    'a@[127.0.0.1]',
    '"quoted"@b.test',
    'Name <a@b.test>',
    '<a@b.test>',
    'a@b.test,c@d.test',
    'a@b.test;c@d.test',
    'a@b.test\r\nBcc: c@d.test',
    'a\u0000@b.test',
    `${'a'.repeat(65)}@b.test`,
    `a@${'b'.repeat(64)}.test`,
    `a@${'b.'.repeat(130)}test`,
    'a@b.test\uD800',
  ])('is not %j', (address) => {
    expect(isMailAddress(address)).toBe(false)
  })
})
