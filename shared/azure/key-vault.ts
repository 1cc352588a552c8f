import type { TokenCredential } from '@azure/identity'
import type { CryptographyClient } from '@azure/keyvault-keys'
import type { SecretClient } from '@azure/keyvault-secrets'

import type { KeyWrapper } from '../accounts/key-ring.ts'
import { AppError } from '../errors.ts'

export interface VaultAccess {
  url: URL
  credential: () => Promise<TokenCredential>
}

/** Key Vault's own hosts, by cloud. Elsewhere the SDK cannot check that the challenge names the vault's domain. */
const VAULT_HOSTS = /\.vault\.(azure\.net|azure\.cn|usgovcloudapi\.net)$/

export const vaultClientOptions = ({ url }: VaultAccess) => ({
  disableChallengeResourceVerification: !VAULT_HOSTS.test(url.hostname),
})

const ALGORITHM = 'RSA-OAEP-256'

/** Wraps and unwraps data keys with a key that never leaves the vault. */
export function createVaultKeyWrapper(access: VaultAccess, keyName: string): KeyWrapper {
  const clients = new Map<string, Promise<CryptographyClient>>()

  function client(version: string | undefined): Promise<CryptographyClient> {
    const path = version === undefined ? `/keys/${keyName}` : `/keys/${keyName}/${version}`
    let made = clients.get(path)
    if (!made) {
      made = (async () => {
        const { CryptographyClient } = await import('@azure/keyvault-keys')
        return new CryptographyClient(new URL(path, access.url).href, await access.credential(), vaultClientOptions(access))
      })()
      clients.set(path, made)
    }
    return made
  }

  return {
    async wrap(dataKey) {
      const { result, keyID } = await guarded(async () => (await client(undefined)).wrapKey(ALGORITHM, dataKey))
      return { wrapped: Buffer.from(result), version: keyID?.split('/').at(-1) as string }
    },
    async unwrap(wrapped, version) {
      const { result } = await guarded(async () => (await client(version)).unwrapKey(ALGORITHM, wrapped))
      return Buffer.from(result)
    },
  }
}

export interface VaultSecret {
  value: string
  /** RFC 3339 UTC, when the vault knows it. */
  expiresOn?: string
}

/** Reads the newest version of a secret. */
export function createVaultSecretReader(access: VaultAccess): (name: string) => Promise<VaultSecret> {
  let client: Promise<SecretClient> | undefined
  return async (name) => {
    client ??= (async () => {
      const { SecretClient } = await import('@azure/keyvault-secrets')
      return new SecretClient(access.url.href, await access.credential(), vaultClientOptions(access))
    })()
    const opened = client
    const { value, properties } = await guarded(async () => (await opened).getSecret(name))
    if (!value) throw vaultProblem(undefined)
    return { value, expiresOn: properties.expiresOn?.toISOString() }
  }
}

/** Work at the vault; what it throws becomes `store_unavailable`. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw vaultProblem(cause)
  }
}

export function vaultProblem(cause: unknown): AppError {
  const { statusCode, code } = (cause ?? {}) as { statusCode?: number; code?: string }
  const upstream = { service: 'keyVault' as const, code }
  if (statusCode === 404 || statusCode === 403) {
    const detail = 'The key vault refuses the gateway, or lacks the key or secret that the settings name.'
    return new AppError('store_unavailable', detail, { action: 'operator', upstream, cause })
  }
  return new AppError('store_unavailable', 'The key vault of the gateway did not answer as it should.', { upstream, cause })
}
