import { expect, it } from 'vitest'

import { type MailPermission, requirePermission } from '../../../shared/mail/mailbox.ts'
import { mailboxOf } from './mail-fixture.ts'

it.each<[string[], MailPermission, boolean]>([
  [['read'], 'read', true],
  [['organize'], 'read', true],
  [['organize'], 'organize', true],
  [['send'], 'send', true],
  [['shared'], 'shared', true],
  [['read'], 'organize', false],
  [['read', 'organize', 'shared'], 'send', false],
  [['send'], 'read', false],
  [['send', 'organize'], 'shared', false],
  [[], 'read', false],
])('a consent to %j covers %s: %s', (permissions, needed, covered) => {
  const check = () => requirePermission(mailboxOf('adele', { permissions: new Set(permissions) }), needed)
  if (covered) expect(check).not.toThrow()
  else
    expect(check).toThrow(
      expect.objectContaining({
        code: 'permission_missing',
        details: expect.objectContaining({ extra: { permissions: [needed] } }),
      }),
    )
})
