import { MANAGED_IDENTITY } from '../people.ts'
import { forbidden } from './errors.ts'

/**
 * What an identity may do, by the built-in roles: `crypto` Key Vault Crypto User, `secretsRead` Key Vault Secrets User,
 * `certificatesRead` Key Vault Reader, `officer` Key Vault Crypto Officer, Secrets Officer and Certificates Officer.
 *
 * @see {@link https://learn.microsoft.com/azure/key-vault/general/rbac-guide#azure-built-in-roles-for-key-vault-data-plane-operations Built-in roles}
 */
export interface Access {
  crypto?: boolean
  secretsRead?: boolean
  certificatesRead?: boolean
  officer?: boolean
}

/** Identities by their `oid`; one that is not listed may do nothing. */
export type AccessByOid = Record<string, Access>

export const gatewayAccess: AccessByOid = {
  [MANAGED_IDENTITY.principalId]: { crypto: true, secretsRead: true, certificatesRead: true },
}

/** The role that is enough for an operation; `officer` is enough for every one. */
export type Role = keyof Access

export function assertAllowed(access: Access | undefined, role: Role, action: string, oid: string): void {
  if (access?.officer || access?.[role]) return
  const message = `The caller with oid ${oid} is not authorized. Action: 'Microsoft.KeyVault/vaults/${action}'. Assignment: (not found)`
  throw forbidden(message, 'ForbiddenByRbac')
}
