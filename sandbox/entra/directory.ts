import { CONSUMERS_TENANT_ID, type Person, people, type Tenant, tenants } from '../people.ts'
import { EntraError } from './errors.ts'

/** Which accounts an endpoint serves: one tenant's, or those of an alias. */
export type Endpoint = { kind: 'tenant'; tenant: Tenant } | { kind: 'common' | 'organizations' | 'consumers' }

/** Reads the `{tenant}` segment of a path: a tenant id, a verified domain or one of the three aliases. @throws EntraError 90002 */
export function resolveEndpoint(segment: string): Endpoint {
  const name = segment.toLowerCase()
  if (name === 'common' || name === 'organizations' || name === 'consumers') return { kind: name }
  if (name === CONSUMERS_TENANT_ID) return { kind: 'consumers' }
  const tenant = tenants.find((one) => one.id === name || one.domain === name)
  if (!tenant || tenant.id === CONSUMERS_TENANT_ID) throw new EntraError(90002, `Tenant '${segment}' not found.`)
  return { kind: 'tenant', tenant }
}

/** May an account of this tenant be used at the endpoint? */
export function admits(endpoint: Endpoint, tenantId: string): boolean {
  if (endpoint.kind === 'tenant') return endpoint.tenant.id === tenantId
  if (endpoint.kind === 'common') return true
  return (endpoint.kind === 'consumers') === (tenantId === CONSUMERS_TENANT_ID)
}

/** The path segment of an endpoint in metadata: Entra answers domains with the tenant id. */
export function endpointSegment(endpoint: Endpoint): string {
  return endpoint.kind === 'tenant' ? endpoint.tenant.id : endpoint.kind
}

export function tenantById(id: string): Tenant {
  const tenant = tenants.find((one) => one.id === id)
  if (!tenant) throw new EntraError(90002, `Tenant '${id}' not found.`)
  return tenant
}

const byOid = new Map<string, Person>()
const byName = new Map<string, Person>()

// Tests add thousands of people to the list; a scan for each token request would be felt.
function index(): void {
  if (byOid.size === people.length) return
  byOid.clear()
  byName.clear()
  for (const person of people) {
    byOid.set(person.oid, person)
    byName.set(person.userPrincipalName.toLowerCase(), person)
  }
}

export function personByOid(oid: string): Person | undefined {
  index()
  return byOid.get(oid)
}

export function personByName(userPrincipalName: string): Person | undefined {
  index()
  return byName.get(userPrincipalName.trim().toLowerCase())
}
