/** The tenants, people and mailboxes of the sandbox. Every password is `sandbox`. */
export const PASSWORD = 'sandbox'

/** The tenant id Microsoft uses for all personal accounts. */
export const CONSUMERS_TENANT_ID = '9188040d-6c67-4c5b-b112-36a304b66dad'

export interface Tenant {
  id: string
  name: string
  domain: string
  /** May a person consent to mail permissions for themselves? */
  userConsent: boolean
}

export interface Person {
  oid: string
  tenantId: string
  userPrincipalName: string
  mail: string
  displayName: string
  administrator?: boolean
  /** A mailbox nobody signs in to; the oids of the people who may open it and send as it. */
  sharedWith?: string[]
}

export const tenants: Tenant[] = [
  { id: 'c0470500-0000-4000-8000-000000000001', name: 'Contoso', domain: 'contoso.test', userConsent: true },
  { id: 'fab40000-0000-4000-8000-000000000002', name: 'Fabrikam', domain: 'fabrikam.test', userConsent: false },
  { id: CONSUMERS_TENANT_ID, name: 'Personal accounts', domain: 'outlook.test', userConsent: true },
]

const [contoso, fabrikam] = tenants as [Tenant, Tenant]

function person(number: number, tenantId: string, address: string, displayName: string, more: Partial<Person> = {}): Person {
  const oid = `00000000-0000-4000-9000-${String(number).padStart(12, '0')}`
  return { oid, tenantId, userPrincipalName: address, mail: address, displayName, ...more }
}

export const ADELE_OID = '00000000-0000-4000-9000-000000000001'

export const people: Person[] = [
  person(1, contoso.id, 'adele@contoso.test', 'Adele Vance'),
  person(2, contoso.id, 'ben@contoso.test', 'Ben Walters'),
  person(3, contoso.id, 'admin@contoso.test', 'Contoso Administrator', { administrator: true }),
  person(4, contoso.id, 'sales@contoso.test', 'Sales', { sharedWith: [ADELE_OID] }),
  person(5, fabrikam.id, 'casey@fabrikam.test', 'Casey Jensen'),
  person(6, fabrikam.id, 'admin@fabrikam.test', 'Fabrikam Administrator', { administrator: true }),
  person(7, CONSUMERS_TENANT_ID, 'dana@outlook.test', 'Dana Rivera'),
]

/** The Entra app registration that the sandbox's gateway uses. */
export interface AppRegistration {
  clientId: string
  displayName: string
  homeTenantId: string
  redirectUris: string[]
  secrets: { value: string; expiresOn: string }[]
}

export const CLIENT_ID = '9a7e3a11-0000-4000-a000-00000000a001'

/** The gateway's user-assigned managed identity. */
export const MANAGED_IDENTITY = {
  clientId: '9a7e3a11-0000-4000-a000-00000000b001',
  principalId: '9a7e3a11-0000-4000-a000-00000000b002',
  tenantId: contoso.id,
}
