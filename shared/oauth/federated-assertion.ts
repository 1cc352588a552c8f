import { AppError } from '../errors.ts'
import { type CloudName, clouds } from './clouds.ts'

export interface FederatedAssertions {
  /** @throws AppError `upstream_unavailable` when the managed identity gives no token */
  assertionFor(cloud: CloudName): Promise<string>
}

export interface FederatedAssertionOptions {
  /** A token of the gateway's managed identity for this audience, kept by whoever gives it. */
  managedIdentityToken(audience: string): Promise<string>
}

/**
 * The managed identity as the credential of an app registration that trusts it: its token is the client assertion, and there is no secret at
 * all. Each cloud demands an audience of its own.
 *
 * @see {@link https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity Trust a managed identity}
 */
export function createFederatedAssertion({ managedIdentityToken }: FederatedAssertionOptions): FederatedAssertions {
  return {
    async assertionFor(cloud) {
      try {
        return await managedIdentityToken(clouds[cloud].federatedAudience)
      } catch (cause) {
        const detail = 'The managed identity of the gateway gave no token to prove itself with to Microsoft Entra.'
        throw new AppError('upstream_unavailable', detail, { upstream: { service: 'entra' }, cause })
      }
    },
  }
}
