import { describe, expect, it } from 'vitest'

import type { Connection } from '../../../shared/accounts/connection.ts'
import type { Provider } from '../../../shared/accounts/provider.ts'
import type { EntraAnswer } from '../../../shared/oauth/entra-answer.ts'
import { createSignIn } from '../../../shared/oauth/sign-in.ts'

const provider: Provider = {
  name: 'default',
  cloud: 'global',
  audience: 'organizations',
  clientId: 'client',
  credential: { kind: 'secret', vaultName: 'secret' },
  permissions: ['send', 'imap'],
  responseMode: 'query',
  returnUrls: [],
}

const connection: Connection = {
  id: 'con_x',
  owner: 'crm',
  provider: 'default',
  status: 'pending',
  ticketHash: '',
  request: { permissions: ['send', 'imap'], confirm: false, loginHint: 'a@b.test', prompt: 'select_account' },
  createdOn: '',
  expiresOn: '',
}

const secrets = { codeVerifier: 'verifier', nonce: 'nonce' }
const GRAPH = ['User.Read', 'Mail.Send']
const IMAP = ['https://outlook.office.com/IMAP.AccessAsUser.All']

function answer(scopes: string[], refreshToken?: string): EntraAnswer {
  return { token: { accessToken: `at ${scopes}`, expiresOn: '2026-11-25T13:00:00Z', scopes }, refreshToken, idToken: 'id' }
}

function signIn(graph: EntraAnswer, outlook: EntraAnswer = answer(IMAP, 'rt-2')) {
  const redeemed: string[] = []
  return {
    redeemed,
    ...createSignIn({
      entra: {
        redeemCode: async () => graph,
        redeemForeign: async () => graph,
        redeemRefreshToken: async (_provider, tenantId, refreshToken) => {
          redeemed.push(`${tenantId} ${refreshToken}`)
          return outlook
        },
      },
      validateIdToken: async () => ({ tenantId: 'tid', userId: 'oid', userPrincipalName: 'a@b.test', displayName: 'A' }),
      resolveAudience: async (audience) => audience,
      readMail: async () => undefined,
      authorityHost: new URL('https://login.example'),
      graphResource: 'https://graph.microsoft.com',
      outlookResource: 'https://outlook.office.com',
      redirectUri: 'https://mail.example/api/oauth/callback',
    }),
  }
}

describe('sign-in', () => {
  it('sends the browser to Entra with everything the request named, and nothing else', () => {
    const url = signIn(answer(GRAPH, 'rt')).authorizeUrl(provider, connection, 'state', secrets)
    expect(url.origin + url.pathname).toBe('https://login.example/organizations/oauth2/v2.0/authorize')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'client',
      response_type: 'code',
      redirect_uri: 'https://mail.example/api/oauth/callback',
      response_mode: 'query',
      scope: `openid profile email offline_access ${GRAPH.join(' ')} ${IMAP}`,
      state: 'state',
      nonce: 'nonce',
      code_challenge: 'iMnq5o6zALKXGivsnlom_0F5_WYda32GHkxlV7mq7hQ',
      code_challenge_method: 'S256',
      login_hint: 'a@b.test',
      prompt: 'select_account',
    })
  })

  it('redeems the one refresh token for Outlook at the person’s own tenant and keeps the newest', async () => {
    const { redeem, redeemed } = signIn(answer(GRAPH, 'rt-1'))
    const grant = await redeem(provider, connection, 'code', secrets)
    expect(redeemed).toEqual(['tid rt-1'])
    expect(grant).toMatchObject({ owner: 'crm', permissions: ['send', 'imap'], tokens: { refreshToken: 'rt-2' } })
    expect(Object.keys(grant.tokens.slots)).toEqual(['graph', 'outlook'])
  })

  it('S12: fails when Microsoft sends no refresh token', async () => {
    const { redeem } = signIn(answer(GRAPH))
    await expect(redeem(provider, connection, 'code', secrets)).rejects.toMatchObject({
      code: 'permission_missing',
      details: { reason: 'no_refresh_token' },
    })
  })

  it.each([
    ['Mail.Send', answer(['User.Read'], 'rt'), undefined],
    ['IMAP.AccessAsUser.All', answer(GRAPH, 'rt'), answer(['https://outlook.office.com/SMTP.Send'], 'rt-2')],
  ])('S12: fails when %s was not granted, and names it', async (scope, graph, outlook) => {
    const { redeem } = signIn(graph, outlook)
    await expect(redeem(provider, connection, 'code', secrets)).rejects.toThrow(scope)
  })
})
