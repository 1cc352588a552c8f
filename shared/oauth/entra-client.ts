import { slotResource, type TokenSlot } from '../accounts/account.ts'
import type { Provider } from '../accounts/provider.ts'
import { tenantOf, tokenEndpoint } from './authority.ts'
import { type EntraAnswer, EntraFailure } from './entra-answer.ts'
import { type MailboxPermission, scopesOf } from './permissions.ts'
import { type ClientCredential, requestToken, type TokenEndpointOptions, type TokenRequest } from './token-endpoint.ts'

export interface EntraClient {
  /** @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3 RFC 6749 §4.1.3} */
  redeemCode(
    provider: Provider,
    code: { code: string; redirectUri: string; codeVerifier: string },
    scopes: string[],
  ): Promise<EntraAnswer>
  /** Always at the account's own tenant. @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-6 RFC 6749 §6} */
  redeemRefreshToken(
    provider: Provider,
    tenantId: string,
    refreshToken: string,
    slot: TokenSlot,
    permissions: MailboxPermission[],
    claims?: string,
  ): Promise<EntraAnswer>
  /**
   * A refresh token from elsewhere, for everything that was consented to for the resource; with the id_token that says whose it is.
   *
   * @see {@link https://learn.microsoft.com/entra/identity-platform/scopes-oidc#the-default-scope The .default scope}
   */
  redeemForeign(provider: Provider, tenant: string, refreshToken: string, resource: string): Promise<EntraAnswer>
}

/** All that was ever consented to for a resource, in one token. */
const DEFAULT_SCOPE = '.default'

export interface EntraClientOptions extends TokenEndpointOptions {
  authorityHost: URL
  outlookResource: string
  /** What the provider proves itself with at this endpoint; `fresh` passes over what memory holds. */
  credential(provider: Provider, tokenEndpoint: URL, fresh: boolean): Promise<ClientCredential>
}

/** Entra's answers to a credential it does not accept: a wrong or expired secret, an assertion of a certificate it does not know. */
const REFUSED_CREDENTIAL = ['AADSTS7000215', 'AADSTS7000222', 'AADSTS700027']

/** Declares that we understand claims challenges, so that our own tokens may live up to 28 h. */
const CLIENT_CAPABILITIES = { access_token: { xms_cc: { values: ['cp1'] } } }

export function createEntraClient(options: EntraClientOptions): EntraClient {
  const { authorityHost, outlookResource, credential } = options

  /** A credential that Entra refuses is read from the vault once more: it may have been replaced there since. */
  async function ask(provider: Provider, tenant: string, request: AskedFor, grant: Parameters<typeof requestToken>[1]) {
    const endpoint = tokenEndpoint(authorityHost, tenant)
    const send = (credential: ClientCredential) =>
      requestToken({ ...request, tokenEndpoint: endpoint, clientId: provider.clientId, credential }, grant, options)
    const used = await credential(provider, endpoint, false)
    try {
      return await send(used)
    } catch (error) {
      if (!(error instanceof EntraFailure) || !REFUSED_CREDENTIAL.includes(error.error.details.upstream?.code ?? '')) throw error
      const fresh = await credential(provider, endpoint, true)
      if (JSON.stringify(fresh) === JSON.stringify(used)) throw error
      return send(fresh)
    }
  }

  return {
    redeemCode: (provider, code, scopes) => ask(provider, provider.audience, { scopes }, code),
    redeemForeign: (provider, tenant, refreshToken, resource) =>
      ask(
        provider,
        tenant,
        { scopes: [`${resource}/${DEFAULT_SCOPE}`, 'openid', 'profile', 'email', 'offline_access'] },
        { refreshToken },
      ),
    redeemRefreshToken: (provider, tenantId, refreshToken, slot, permissions, claims) =>
      ask(
        provider,
        tenantOf(tenantId),
        {
          scopes: [...scopesOf(slotResource[slot], permissions, outlookResource), 'offline_access'],
          claims: slot === 'graph-cae' ? withCapabilities(claims) : claims,
        },
        { refreshToken },
      ),
  }
}

type AskedFor = Pick<TokenRequest, 'scopes' | 'claims'>

/** @see {@link https://learn.microsoft.com/entra/identity-platform/claims-challenge Claims challenges and client capabilities} */
function withCapabilities(claims: string | undefined): string {
  const asked = claims === undefined ? {} : (JSON.parse(claims) as { access_token?: object })
  return JSON.stringify({ ...asked, access_token: { ...asked.access_token, ...CLIENT_CAPABILITIES.access_token } })
}
