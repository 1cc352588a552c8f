import type { CertificateClient, ImportCertificateOptions, KeyVaultCertificateWithPolicy } from '@azure/keyvault-certificates'

import { AppError } from '../errors.ts'
import { vaultProblem } from './key-vault.ts'

export interface PfxImport {
  name: string
  pfx: Buffer
  password: string
  /** Bits of the RSA key. */
  keySize: number
}

const PFX_TYPE = 'application/x-pkcs12'

/**
 * Imports a PFX so that its private key never leaves the vault again.
 *
 * @throws AppError `invalid_request`, `conflict`, `store_unavailable`
 * @see {@link https://learn.microsoft.com/rest/api/keyvault/certificates/import-certificate Import Certificate}
 */
export async function importNonExportable(client: CertificateClient, input: PfxImport): Promise<KeyVaultCertificateWithPolicy> {
  const { name, pfx, password, keySize } = input
  const made = await client.importCertificate(name, pfx, nonExportable(password, keySize)).catch((error) => {
    throw importProblem(error, client.vaultUrl, input)
  })
  if (made.policy?.exportable !== false) {
    // The one thing that must not be got wrong, whatever the library does with the policy.
    const detail = `The key vault took the certificate "${name}" with an exportable private key; delete it there.`
    throw new AppError('store_unavailable', detail, { action: 'operator', upstream: { service: 'keyVault' } })
  }
  return made
}

/**
 * The library (4.10.3) declares `policy` and sends nothing of it: what it sends is `certificatePolicy`, by its own inner names. Without a
 * policy the vault would make the private key exportable. The vault demands the content type with every policy.
 */
function nonExportable(password: string, keySize: number): ImportCertificateOptions {
  const key = { exportable: false, keyType: 'RSA', keySize, reuseKey: false }
  const certificatePolicy = { keyProperties: key, secretProperties: { contentType: PFX_TYPE } }
  return { password, policy: { ...key, contentType: PFX_TYPE }, certificatePolicy } as ImportCertificateOptions
}

/** The library's error holds the request, with PFX and password in its body: it must not travel on as a cause. */
function importProblem(error: unknown, vaultUrl: string, { name, keySize }: PfxImport): AppError {
  const { statusCode, code } = (error ?? {}) as { statusCode?: number; code?: string }
  const upstream = { service: 'keyVault' as const, code }
  switch (statusCode) {
    case 400: {
      const message = 'The key vault does not take this PFX.'
      return new AppError('invalid_request', message, { errors: [{ pointer: '/pfx', message }], upstream })
    }
    case 403: {
      const text = `Import the certificate yourself and name it to the gateway: ${importCommand(vaultUrl, name, keySize)}`
      const detail = 'The gateway may not import certificates into its key vault.'
      return new AppError('store_unavailable', detail, { action: 'operator', nextStep: { text }, upstream })
    }
    case 409: {
      const detail = `The name "${name}" is held in the key vault by something else, or by a deleted certificate that can still be recovered.`
      return new AppError('conflict', detail, { action: 'operator', upstream })
    }
    default:
      return vaultProblem({ statusCode, code })
  }
}

/** @see {@link https://learn.microsoft.com/cli/azure/keyvault/certificate#az-keyvault-certificate-import az keyvault certificate import} */
function importCommand(vaultUrl: string, name: string, keySize: number): string {
  const policy = {
    key_properties: { exportable: false, key_type: 'RSA', key_size: keySize, reuse_key: false },
    secret_properties: { content_type: PFX_TYPE },
  }
  const vault = new URL(vaultUrl).hostname.split('.')[0]
  const file = "--file certificate.pfx --password '<password>'"
  return `az keyvault certificate import --vault-name ${vault} --name ${name} ${file} --policy '${JSON.stringify(policy)}'`
}
