import type { Provider } from '../accounts/provider.ts'
import { ExpiringMap } from '../expiring-map.ts'
import type { ClientCredential } from './token-endpoint.ts'

/** How long a new version of a secret may go unnoticed while Entra still accepts the old one. */
const CACHE_LIFE_MS = 10 * 60_000
const CACHE_ENTRIES = 100

/** A provider's client secret, from the vault and then from memory. `fresh` asks the vault again. */
export function createCredentialReader(readSecret: (name: string) => Promise<{ value: string }>, now: () => number) {
  const known = new ExpiringMap<string, ClientCredential>(CACHE_ENTRIES, CACHE_LIFE_MS, now)
  return async ({ credential: { vaultName } }: Provider, fresh: boolean): Promise<ClientCredential> => {
    const cached = fresh ? undefined : known.get(vaultName)
    if (cached) return cached
    const { value } = await readSecret(vaultName)
    const credential = { clientSecret: value }
    known.set(vaultName, credential)
    return credential
  }
}
