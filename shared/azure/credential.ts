import type { TokenCredential } from '@azure/identity'

/**
 * The gateway's user-assigned managed identity; the platform's `IDENTITY_ENDPOINT` is found by the library. Loaded on first use, since the
 * library is half of a cold start.
 *
 * @see {@link https://learn.microsoft.com/azure/app-service/overview-managed-identity Managed identities on App Service}
 */
export function lazyCredential(clientId: string | undefined): () => Promise<TokenCredential> {
  let credential: Promise<TokenCredential> | undefined
  return () => {
    credential ??= import('@azure/identity').then(
      ({ ManagedIdentityCredential }) => new ManagedIdentityCredential(clientId === undefined ? {} : { clientId }),
    )
    return credential
  }
}

/** Tokens of the managed identity for any audience, kept by the library until shortly before they end. */
export function createIdentityTokens(credential: () => Promise<TokenCredential>): (audience: string) => Promise<string> {
  return async (audience) => {
    const token = await (await credential()).getToken(`${audience}/.default`)
    if (!token) throw new Error('The managed identity gave no token.')
    return token.token
  }
}
