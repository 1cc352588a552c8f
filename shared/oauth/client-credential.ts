import type { Provider } from '../accounts/provider.ts'
import { AppError } from '../errors.ts'
import { ExpiringMap } from '../expiring-map.ts'
import type { ClientAssertions, SigningCertificate } from './client-assertion.ts'
import type { FederatedAssertions } from './federated-assertion.ts'
import type { ClientCredential } from './token-endpoint.ts'

export interface CredentialDependencies {
  readSecret(name: string): Promise<{ value: string }>
  readCertificate(name: string): Promise<SigningCertificate & { keyType: string }>
  assertions: ClientAssertions
  federated: FederatedAssertions
  now(): number
}

/** How long a new version of a secret or certificate may go unnoticed while Entra still accepts the old one. */
const CACHE_LIFE_MS = 10 * 60_000
const CACHE_ENTRIES = 100

/**
 * What a provider proves itself with: a secret from the vault, an assertion that the vault signs, or the token of the gateway's managed
 * identity. `fresh` passes over what memory holds.
 */
export function createCredentialReader({ readSecret, readCertificate, assertions, federated, now }: CredentialDependencies) {
  const secrets = new ExpiringMap<string, string>(CACHE_ENTRIES, CACHE_LIFE_MS, now)
  const certificates = new ExpiringMap<string, SigningCertificate>(CACHE_ENTRIES, CACHE_LIFE_MS, now)

  async function cached<T>(known: ExpiringMap<string, T>, name: string, fresh: boolean, read: () => Promise<T>): Promise<T> {
    const value = (fresh ? undefined : known.get(name)) ?? (await read())
    known.set(name, value)
    return value
  }

  async function certificate(name: string): Promise<SigningCertificate> {
    const read = await readCertificate(name)
    if (read.keyType === 'rsa') return read
    const detail = 'The certificate in the key vault has no RSA key, which Entra demands of a client certificate.'
    throw new AppError('provider_unhealthy', detail, { action: 'operator' })
  }

  return async (provider: Provider, tokenEndpoint: URL, fresh: boolean): Promise<ClientCredential> => {
    const { credential, clientId, cloud } = provider
    switch (credential.kind) {
      case 'secret': {
        const name = credential.vaultName
        return { clientSecret: await cached(secrets, name, fresh, async () => (await readSecret(name)).value) }
      }
      case 'certificate': {
        const name = credential.vaultName
        const signing = await cached(certificates, name, fresh, () => certificate(name))
        return { clientAssertion: await assertions.assertionFor({ clientId, tokenEndpoint, certificate: signing }) }
      }
      case 'managedIdentity':
        return { clientAssertion: await federated.assertionFor(cloud) }
    }
  }
}
