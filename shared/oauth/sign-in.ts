import { createHash, randomBytes } from 'node:crypto'
import type { TokenSlot } from '../accounts/account.ts'
import type { Grant, Identity } from '../accounts/accounts.ts'
import type { Connection } from '../accounts/connection.ts'
import type { Provider } from '../accounts/provider.ts'
import { AppError } from '../errors.ts'
import { authorizeEndpoint, tenantOf } from './authority.ts'
import type { EntraAnswer } from './entra-answer.ts'
import { EntraFailure } from './entra-answer.ts'
import type { EntraClient } from './entra-client.ts'
import type { ValidateIdToken } from './id-token.ts'
import { consentScopes, mailboxPermissions, missingScopes, permissionsCovered, type Resource, scopesOf } from './permissions.ts'

/** What is kept on the server between the redirect to Entra and the callback (RFC 7636, OpenID Connect Core §3.1.2.1). */
export interface SignInSecrets {
  codeVerifier: string
  nonce: string
}

export interface SignInDependencies {
  entra: EntraClient
  validateIdToken: ValidateIdToken
  resolveAudience(audience: string): Promise<string>
  /** Graph's `mail` of the signed-in person; undefined when Graph has none. */
  readMail(accessToken: string): Promise<string | undefined>
  authorityHost: URL
  graphResource: string
  outlookResource: string
  redirectUri: string
}

const CONSENT_MISSING = 'AADSTS65001'
const OPENID_SCOPES = ['openid', 'profile', 'email', 'offline_access']

export function newSignInSecrets(): SignInSecrets {
  return { codeVerifier: randomBytes(32).toString('base64url'), nonce: randomBytes(16).toString('base64url') }
}

/** The protocol of one sign-in with Entra: where the browser is sent, and what becomes of its answer. */
export function createSignIn(dependencies: SignInDependencies) {
  const { entra, validateIdToken, resolveAudience, readMail, authorityHost, graphResource, outlookResource, redirectUri } =
    dependencies

  /** @see {@link https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code Authorization request} */
  function authorizeUrl(provider: Provider, { request }: Connection, state: string, secrets: SignInSecrets): URL {
    const url = authorizeEndpoint(authorityHost, provider.audience)
    const optional = { login_hint: request.loginHint, domain_hint: request.domainHint, prompt: request.prompt }
    const parameters = {
      client_id: provider.clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      response_mode: provider.responseMode,
      scope: consentScopes(request.permissions, outlookResource).join(' '),
      state,
      nonce: secrets.nonce,
      code_challenge: createHash('sha256').update(secrets.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...optional,
    }
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value)
    return url
  }

  /** Redeems the code, once for Graph and, where IMAP, POP or SMTP was asked for, the new refresh token once for Outlook. */
  async function redeem(provider: Provider, connection: Connection, code: string, secrets: SignInSecrets): Promise<Grant> {
    const { permissions } = connection.request
    const audience = await resolveAudience(provider.audience)
    const graphScopes = scopesOf('graph', permissions, outlookResource)
    const graph = await asked(() =>
      entra.redeemCode(provider, { code, redirectUri, codeVerifier: secrets.codeVerifier }, [...OPENID_SCOPES, ...graphScopes]),
    )
    const person = await validateIdToken(graph.idToken, {
      authorityHost,
      audience,
      clientId: provider.clientId,
      nonce: secrets.nonce,
    })
    const refreshToken = graph.refreshToken ?? noRefreshToken()
    const answers: Partial<Record<Resource, EntraAnswer>> = { graph }
    if (scopesOf('outlook', permissions, outlookResource).length > 0) {
      answers.outlook = await asked(() =>
        entra.redeemRefreshToken(provider, person.tenantId, refreshToken, 'outlook', permissions),
      )
    }
    const scopes = Object.values(answers).flatMap(({ token }) => token.scopes)
    requireScopes(permissions, [...graphScopes, ...scopesOf('outlook', permissions, outlookResource)], scopes)
    const identity: Identity = { ...person, mailbox: (await readMail(graph.token.accessToken)) ?? person.userPrincipalName }
    const slots = Object.fromEntries(Object.entries(answers).map(([resource, { token }]) => [resource as TokenSlot, token]))
    return {
      owner: connection.owner,
      provider: provider.name,
      identity,
      permissions: permissionsCovered(permissions, scopes),
      scopes,
      tokens: { refreshToken: answers.outlook?.refreshToken ?? refreshToken, slots },
    }
  }

  /**
   * A refresh token that another application got for the same registration: what it was consented to is what the account can do.
   *
   * @throws `reconnect_required` when Entra does not take it
   */
  async function adopt(provider: Provider, owner: string, refreshToken: string): Promise<Grant> {
    const audience = await resolveAudience(provider.audience)
    const graph = await asked(() => entra.redeemForeign(provider, provider.audience, refreshToken, graphResource))
    const person = await validateIdToken(graph.idToken, {
      authorityHost,
      audience,
      clientId: provider.clientId,
      nonce: undefined,
    })
    const newest = graph.refreshToken ?? refreshToken
    // Nothing for Outlook was consented to: no reason to refuse what there is.
    const outlook = await entra.redeemForeign(provider, tenantOf(person.tenantId), newest, outlookResource).catch((error) => {
      if (error instanceof EntraFailure && error.verdict === 'account') return undefined
      throw error instanceof EntraFailure ? error.error : error
    })
    const scopes = [...graph.token.scopes, ...(outlook?.token.scopes ?? [])]
    const permissions = permissionsCovered(mailboxPermissions, scopes)
    const identity: Identity = { ...person, mailbox: (await readMail(graph.token.accessToken)) ?? person.userPrincipalName }
    const slots = {
      graph: graph.token,
      ...(outlook && scopesOf('outlook', permissions, outlookResource).length > 0 && { outlook: outlook.token }),
    }
    const tokens = { refreshToken: outlook?.refreshToken ?? newest, slots }
    return { owner, provider: provider.name, identity, permissions, scopes, tokens }
  }

  return { authorizeUrl, redeem, adopt }
}

export type SignIn = ReturnType<typeof createSignIn>

async function asked(request: () => Promise<EntraAnswer>): Promise<EntraAnswer> {
  try {
    return await request()
  } catch (error) {
    if (!(error instanceof EntraFailure)) throw error
    const { upstream } = error.error.details
    // During a sign-in nothing is connected yet: what a person did not consent to is missing, not broken.
    if (upstream?.code === CONSENT_MISSING) {
      throw new AppError('permission_missing', 'Microsoft did not grant everything that was asked for; nothing was stored.', {
        upstream,
      })
    }
    throw error.error
  }
}

function noRefreshToken(): never {
  const detail = 'Microsoft sent no refresh token, so the mailbox would stop working within the hour; nothing was stored.'
  throw new AppError('permission_missing', detail, { reason: 'no_refresh_token', action: 'operator' })
}

function requireScopes(permissions: string[], needed: string[], granted: string[]): void {
  const missing = missingScopes(needed, granted)
  if (missing.length === 0) return
  const names = missing.map((scope) => scope.slice(scope.lastIndexOf('/') + 1)).join(', ')
  throw new AppError(
    'permission_missing',
    `Microsoft did not grant everything that was asked for; missing: ${names}. Nothing was stored.`,
    {
      extra: { permissions },
    },
  )
}
