import { createHash, X509Certificate } from 'node:crypto'

import type { CertificateClient } from '@azure/keyvault-certificates'
import type { CryptographyClient } from '@azure/keyvault-keys'

import { toSeconds } from '../accounts/refresh-decision.ts'
import { AppError } from '../errors.ts'
import { guarded, type VaultAccess, vaultClientOptions } from './key-vault.ts'
import { importNonExportable } from './key-vault-import.ts'

export interface VaultCertificate {
  name: string
  version: string
  /** `x5t#S256`: base64url of the SHA-256 of the DER. */
  thumbprintSha256: string
  /** RFC 3339 UTC. */
  expiresOn: string
  /** As node:crypto names it: `rsa`, `ec`. */
  keyType: string
  /** Bits; 0 for a key that is not RSA. */
  keySize: number
}

export interface VaultCertificates {
  /** The newest version. @throws AppError `store_unavailable`; `invalid_request` for what cannot be a name */
  read(name: string): Promise<VaultCertificate>
  /** RSASSA-PSS with SHA-256 (PS256) over a ready digest. @throws AppError `store_unavailable` */
  sign(certificate: { name: string; version: string }, digest: Buffer): Promise<Buffer>
  /**
   * Imports a PFX so that its private key never leaves the vault again. `keySize` as `checkPfx` found it.
   *
   * @throws AppError `invalid_request` when the vault does not take the PFX, `conflict` when the name is taken,
   *   `store_unavailable` with the operator's next step when the gateway may not import
   */
  importPfx(name: string, pfx: Buffer, password: string, keySize: number): Promise<VaultCertificate>
}

const NAME = /^[0-9a-zA-Z-]{1,127}$/
/** A signature takes some milliseconds; callers share one, so a lost answer must not hold all of them. */
const SIGN_TIMEOUT_MS = 10_000

/**
 * Certificates of the vault: read, used and imported without their private keys.
 *
 * @see {@link https://learn.microsoft.com/azure/key-vault/certificates/about-certificates About Key Vault certificates}
 */
export function createVaultCertificates(access: VaultAccess): VaultCertificates {
  let certificates: Promise<CertificateClient> | undefined
  const signers = new Map<string, Promise<CryptographyClient>>()

  function client(): Promise<CertificateClient> {
    certificates ??= (async () => {
      const { CertificateClient } = await import('@azure/keyvault-certificates')
      return new CertificateClient(access.url.href, await access.credential(), vaultClientOptions(access))
    })()
    return certificates
  }

  function signer(path: string): Promise<CryptographyClient> {
    let made = signers.get(path)
    if (!made) {
      made = (async () => {
        const { CryptographyClient } = await import('@azure/keyvault-keys')
        return new CryptographyClient(new URL(path, access.url).href, await access.credential(), vaultClientOptions(access))
      })()
      signers.set(path, made)
    }
    return made
  }

  return {
    async read(name) {
      assertName(name)
      const { cer, properties } = await guarded(async () => (await client()).getCertificate(name))
      if (properties.enabled === false) throw unusable('The certificate is disabled in the key vault.')
      return certificateOf(name, properties.version, cer)
    },

    async sign({ name, version }, digest) {
      assertName(name)
      const abortSignal = AbortSignal.timeout(SIGN_TIMEOUT_MS)
      const { result } = await guarded(async () =>
        (await signer(`/keys/${name}/${version}`)).sign('PS256', digest, { abortSignal }),
      )
      return Buffer.from(result)
    },

    async importPfx(name, pfx, password, keySize) {
      assertName(name)
      const { cer, properties } = await importNonExportable(await client(), { name, pfx, password, keySize })
      return certificateOf(name, properties.version, cer)
    },
  }
}

function certificateOf(name: string, version: string | undefined, cer: Uint8Array | undefined): VaultCertificate {
  if (!version || !cer) throw unusable('The key vault answered without the certificate.')
  const { publicKey, validTo } = new X509Certificate(cer)
  return {
    name,
    version,
    thumbprintSha256: createHash('sha256').update(cer).digest('base64url'),
    expiresOn: toSeconds(Date.parse(validTo)),
    keyType: publicKey.asymmetricKeyType ?? '',
    keySize: publicKey.asymmetricKeyDetails?.modulusLength ?? 0,
  }
}

function unusable(detail: string): AppError {
  return new AppError('store_unavailable', detail, { action: 'operator', upstream: { service: 'keyVault' } })
}

/** Names become part of addresses and of the command that is shown. */
function assertName(name: string): void {
  if (NAME.test(name)) return
  const message = 'A name in the key vault is 1 to 127 letters, digits and hyphens.'
  throw new AppError('invalid_request', message, { errors: [{ pointer: '/vaultName', message }] })
}
