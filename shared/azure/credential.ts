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
