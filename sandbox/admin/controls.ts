import { CLIENT_ID, people, tenants } from '../people.ts'
import type { AdminOptions } from './start.ts'

type Control = (cloud: AdminOptions, input: Record<string, string>) => unknown

function oidOf({ person }: Record<string, string>): string {
  const found = people.find(({ mail }) => mail === person?.toLowerCase())
  if (!found) throw new Error(`person must be one of ${people.map(({ mail }) => mail).join(', ')}.`)
  return found.oid
}

function tenantOf({ tenant }: Record<string, string>): string {
  const found = tenants.find(({ id, domain }) => id === tenant || domain === tenant)
  if (!found) throw new Error(`tenant must be one of ${tenants.map(({ domain }) => domain).join(', ')}.`)
  return found.id
}

/** What `POST /control/{name}` can do to the cloud; each takes `{person}` or `{tenant}` by address or domain. */
export const controls: Record<string, Control> = {
  'revoke-refresh-tokens': ({ entra }, input) => entra.revokeRefreshTokens(oidOf(input)),
  'change-password': ({ entra }, input) => entra.changePassword(oidOf(input), input.password ?? 'sandbox'),
  'disable-person': ({ entra }, input) => entra.disablePerson(oidOf(input)),
  'block-by-policy': ({ entra }, input) => entra.blockByPolicy(oidOf(input)),
  'require-mfa': ({ entra }, input) => entra.requireMfa(oidOf(input)),
  restore: ({ entra }, input) => entra.restore(oidOf(input)),
  'remove-app-from-tenant': ({ entra }, input) => entra.removeAppFromTenant(tenantOf(input), CLIENT_ID),
  'restore-app-in-tenant': ({ entra }, input) => entra.restoreAppInTenant(tenantOf(input), CLIENT_ID),
  'expire-secret': ({ entra }) => entra.expireSecret(CLIENT_ID),
  'replace-secret': ({ entra, vault }) => {
    vault.asOperator.setSecret('entra-client-secret', entra.addSecret(CLIENT_ID))
  },
}
