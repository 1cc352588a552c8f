import { AppError } from '../errors.ts'
import { audienceKind } from './capabilities.ts'

/** The tenant id Entra uses for personal accounts. @see {@link https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference tid} */
export const PERSONAL_TENANT_ID = '9188040d-6c67-4c5b-b112-36a304b66dad'

/** The tenant of an account as its URLs name it: personal accounts are refreshed at `consumers`. */
export function tenantOf(tenantId: string): string {
  return tenantId === PERSONAL_TENANT_ID ? 'consumers' : tenantId
}

/** Endpoints of one tenant, or of `organizations`, at an authority host. */
export function authorizeEndpoint(authorityHost: URL, tenant: string): URL {
  return new URL(`/${encodeURIComponent(tenant)}/oauth2/v2.0/authorize`, authorityHost)
}

export function tokenEndpoint(authorityHost: URL, tenant: string): URL {
  return new URL(`/${encodeURIComponent(tenant)}/oauth2/v2.0/token`, authorityHost)
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The tenant id behind an audience given as domain, from Entra's metadata, asked once; ids and the shared audiences stay as they are.
 *
 * @see {@link https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig OpenID Connect Discovery §4}
 */
export function createAudienceResolver(options: { fetch: typeof fetch; authorityHost: URL }) {
  const known = new Map<string, Promise<string>>()

  async function ask(domain: string): Promise<string> {
    const url = new URL(`/${encodeURIComponent(domain)}/v2.0/.well-known/openid-configuration`, options.authorityHost)
    const response = await options.fetch(url, { redirect: 'error', signal: AbortSignal.timeout(10_000) })
    const { issuer } = response.ok ? ((await response.json()) as { issuer?: string }) : {}
    const tenantId = new URL(issuer ?? 'about:blank').pathname.split('/')[1] ?? ''
    if (!GUID.test(tenantId)) throw new Error('Entra names no tenant id for this domain.')
    return tenantId.toLowerCase()
  }

  return (audience: string): Promise<string> => {
    if (audienceKind(audience) !== 'tenant' || GUID.test(audience)) return Promise.resolve(audience)
    let tenantId = known.get(audience)
    if (!tenantId) {
      tenantId = ask(audience).catch((cause) => {
        known.delete(audience)
        throw new AppError('upstream_unavailable', 'Microsoft Entra did not tell the tenant id of the configured domain.', {
          cause,
        })
      })
      known.set(audience, tenantId)
    }
    return tenantId
  }
}
