import { randomBytes, X509Certificate } from 'node:crypto'
import { CONSUMERS_TENANT_ID } from '../people.ts'
import { ensureTenantApp } from './consents.ts'
import type { EntraContext } from './context.ts'
import type { Endpoint } from './directory.ts'
import { EntraError } from './errors.ts'
import { canonicalRole, parseScopes } from './scopes.ts'
import type { Registration } from './state.ts'

/** What must be given for a registration; lists default to empty. */
export type RegistrationInput = Pick<Registration, 'clientId' | 'displayName' | 'homeTenantId' | 'audience'> &
  Partial<Registration>

/** The app registrations, as the portal would show and change them. */
export interface Registrations {
  get(clientId: string): Registration | undefined
  /** Adds or replaces. @throws Error on a redirect URI that Entra refuses, an unknown permission or a broken certificate */
  put(input: RegistrationInput): Registration
  update(clientId: string, change: Partial<Registration>): Registration
}

export function openRegistrations(context: EntraContext): Registrations {
  const { state } = context
  const get = (clientId: string) => findRegistration(context, clientId)
  const put = (input: RegistrationInput): Registration => {
    const registration: Registration = {
      redirectUris: [],
      secrets: [],
      certificates: [],
      federatedCredentials: [],
      applicationPermissions: [],
      ...input,
      clientId: input.clientId.toLowerCase(),
    }
    validate(context, registration)
    state.value.registrations[registration.clientId] = registration
    ensureTenantApp(context, registration.homeTenantId, registration.clientId)
    return registration
  }
  return {
    get,
    put,
    update: (clientId, change) => {
      const registration = get(clientId)
      if (!registration) throw new Error(`There is no registration ${clientId}.`)
      return put({ ...registration, ...change })
    },
  }
}

function findRegistration(context: EntraContext, clientId: string): Registration | undefined {
  const { registrations } = context.state.value
  return Object.hasOwn(registrations, clientId.toLowerCase()) ? registrations[clientId.toLowerCase()] : undefined
}

function validate(context: EntraContext, registration: Registration): void {
  for (const redirectUri of registration.redirectUris) {
    const { protocol, hostname, hash } = new URL(redirectUri)
    const allowed = protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost')
    if (!allowed || hash || redirectUri.includes('*')) throw new Error(`Not a valid redirect URI: ${redirectUri}`)
  }
  for (const certificate of registration.certificates) new X509Certificate(certificate)
  for (const permission of registration.applicationPermissions) canonicalRole(context, permission)
  parseScopes(context, (registration.delegatedPermissions ?? []).join(' '))
}

/** A secret as the portal makes it: shown once, here kept in clear because it is a sandbox. */
export function newSecret(): string {
  return `${randomBytes(4).toString('base64url').slice(0, 3)}8Q~${randomBytes(26).toString('base64url').slice(0, 34)}`
}

/**
 * The registration, if the endpoint may use it.
 *
 * @throws EntraError 700016 unknown or not for this tenant, 50194 single-tenant on a shared endpoint, 9002331 personal accounts only
 */
export function registrationAt(context: EntraContext, endpoint: Endpoint, clientId: string): Registration {
  const registration = findRegistration(context, clientId)
  if (!registration) throw new EntraError(700016, `Application with identifier '${clientId}' was not found in the directory.`)
  const { audience } = registration
  if (audience === 'common') return registration
  if (audience === 'consumers') {
    if (endpoint.kind === 'consumers') return registration
    throw new EntraError(9002331)
  }
  if (endpoint.kind === 'consumers') throw new EntraError(700016, 'The application is not enabled for personal accounts.')
  if (audience === 'organizations') return registration
  if (endpoint.kind !== 'tenant') throw new EntraError(50194)
  if (endpoint.tenant.id !== audience) {
    throw new EntraError(
      700016,
      `Application with identifier '${clientId}' was not found in the directory '${endpoint.tenant.name}'.`,
    )
  }
  return registration
}

/** Does the registration let accounts of this tenant sign in? */
export function audienceAdmits(registration: Registration, tenantId: string): boolean {
  const personal = tenantId === CONSUMERS_TENANT_ID
  if (registration.audience === 'common') return true
  if (registration.audience === 'consumers') return personal
  if (registration.audience === 'organizations') return !personal
  return registration.audience === tenantId
}
