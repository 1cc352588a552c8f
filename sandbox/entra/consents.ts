import type { Person } from '../people.ts'
import type { EntraContext } from './context.ts'
import { tenantById } from './directory.ts'
import type { Resource } from './resources.ts'
import type { TenantApp } from './state.ts'

/** Scopes everyone may consent to, whatever the tenant's policy on mail. */
const BASIC = new Set(['openid', 'profile', 'email', 'offline_access', 'https://graph.microsoft.com/User.Read'])

const key = (tenantId: string, clientId: string) => `${tenantId}/${clientId}`

/** The application in the tenant, or undefined when it was never consented to there, or removed. */
export function tenantApp(context: EntraContext, tenantId: string, clientId: string): TenantApp | undefined {
  return context.state.value.apps[key(tenantId, clientId)]
}

/** The application in the tenant, added when absent. */
export function ensureTenantApp(context: EntraContext, tenantId: string, clientId: string): TenantApp {
  const { apps } = context.state.value
  apps[key(tenantId, clientId)] ??= { scopes: [], roles: [], people: {} }
  context.state.changed()
  return apps[key(tenantId, clientId)]!
}

export function removeTenantApp(context: EntraContext, tenantId: string, clientId: string): void {
  delete context.state.value.apps[key(tenantId, clientId)]
  context.state.changed()
}

/** Canonical scopes the person, or an administrator for everyone, has consented to. */
export function grantedScopes(context: EntraContext, person: Person, clientId: string): string[] {
  const app = tenantApp(context, person.tenantId, clientId)
  return app ? [...new Set([...app.scopes, ...(app.people[person.oid] ?? [])])] : []
}

/** Names of a resource's scopes among canonical ones. */
export function namesFor(resource: Resource, canonical: string[]): string[] {
  const prefix = `${resource.uri}/`
  return canonical.filter((scope) => scope.startsWith(prefix)).map((scope) => scope.slice(prefix.length))
}

export function grantScopes(
  context: EntraContext,
  person: Person,
  clientId: string,
  scopes: string[],
  forEveryone: boolean,
): void {
  const app = ensureTenantApp(context, person.tenantId, clientId)
  if (forEveryone) app.scopes = [...new Set([...app.scopes, ...scopes])]
  else app.people[person.oid] = [...new Set([...(app.people[person.oid] ?? []), ...scopes])]
  context.state.changed()
}

/** May this person consent to these canonical scopes for themselves? */
export function mayConsent(person: Person, scopes: string[]): boolean {
  return Boolean(person.administrator) || tenantById(person.tenantId).userConsent || scopes.every((scope) => BASIC.has(scope))
}

/** What is asked and not yet granted; both canonical, without `.default`. */
export function missingScopes(granted: string[], asked: string[]): string[] {
  return asked.filter((scope) => !granted.includes(scope))
}
