import { describe, expect, it } from 'vitest'

import { consentScopes, missingScopes, permissionsCovered, scopesOf } from '../../../shared/oauth/permissions.ts'

const OUTLOOK = 'https://outlook.office.com'

describe('permissions to scopes', () => {
  it('asks for every resource in one consent, with the OpenID scopes', () => {
    expect(consentScopes(['send', 'read', 'imap'], OUTLOOK)).toEqual([
      'openid',
      'profile',
      'email',
      'offline_access',
      'User.Read',
      'Mail.Send',
      'Mail.Read',
      'https://outlook.office.com/IMAP.AccessAsUser.All',
    ])
  })

  it('never mixes resources in a token request (AADSTS28000)', () => {
    expect(scopesOf('graph', ['send', 'smtp'], OUTLOOK)).toEqual(['User.Read', 'Mail.Send'])
    expect(scopesOf('outlook', ['send', 'smtp'], OUTLOOK)).toEqual(['https://outlook.office.com/SMTP.Send'])
    expect(scopesOf('outlook', ['send'], OUTLOOK)).toEqual([])
  })

  it('adds the shared twin of each permission that has one', () => {
    expect(scopesOf('graph', ['read', 'shared'], OUTLOOK)).toEqual(['User.Read', 'Mail.Read', 'Mail.Read.Shared'])
  })

  it('compares scopes without resource prefix and case and ignores the OpenID ones', () => {
    expect(missingScopes(['Mail.Send', 'openid', 'offline_access'], ['https://graph.microsoft.com/mail.send'])).toEqual([])
    expect(missingScopes(['Mail.Send', 'Mail.Read'], ['Mail.Read'])).toEqual(['Mail.Send'])
    expect(missingScopes(['Mail.Read'], ['Mail.ReadWrite'])).toEqual(['Mail.Read'])
  })

  it('counts only what was granted', () => {
    expect(permissionsCovered(['send', 'read', 'imap'], ['Mail.Send', `${OUTLOOK}/IMAP.AccessAsUser.All`])).toEqual([
      'send',
      'imap',
    ])
    expect(permissionsCovered(['read', 'shared'], ['Mail.Read'])).toEqual(['read'])
  })
})
