import { CONSUMERS_TENANT_ID } from '../people.ts'
import { ensureTenantApp, grantScopes, removeTenantApp } from './consents.ts'
import type { EntraContext } from './context.ts'
import { personByOid } from './directory.ts'
import type { OrderedError } from './ordered-errors.ts'
import { issueRefreshToken } from './refresh-token.ts'
import { newSecret, type Registrations } from './registrations.ts'
import { canonicalRole, canonicalScopes, parseScopes } from './scopes.ts'
import { type PersonState, personState } from './state.ts'

/** What an administrator, or fate, does to this provider. */
export interface EntraControl {
  /** An administrator revokes the person's refresh tokens and sessions: refreshing answers 50173. */
  revokeRefreshTokens(oid: string): void
  /** The person changes their password: sessions end, confidential clients' refresh tokens live on. */
  changePassword(oid: string, password: string): void
  /** 50057 */
  disablePerson(oid: string): void
  /** A Conditional Access policy blocks the person: 53003 with claims. */
  blockByPolicy(oid: string): void
  /** A person's, or a whole tenant's, sign-ins need a second factor: 50076 with claims. */
  requireMfa(oidOrTenantId: string): void
  /** Lifts what was laid on a person or a tenant: disabled, blocked, second factor. A changed password stays. */
  restore(oidOrTenantId: string): void
  /** All secrets of the registration expire now: 7000222. */
  expireSecret(clientId: string): void
  /** A further secret; answers its value. Days of life may be negative. */
  addSecret(clientId: string, options?: { value?: string; days?: number }): string
  /** An administrator deletes the enterprise application and all consents with it: 700016 in that tenant. */
  removeAppFromTenant(tenantId: string, clientId: string): void
  /** 7000112 in that tenant. */
  disableAppInTenant(tenantId: string, clientId: string): void
  /** The application is in the tenant and enabled again; removed consents stay removed. */
  restoreAppInTenant(tenantId: string, clientId: string): void
  /** An administrator consents without a page: `scopes` as in a scope parameter, `roles` as in the registration. */
  grantAdminConsent(tenantId: string, clientId: string, consent: { scopes?: string; roles?: string[] }): void
  /** Seconds that access tokens live from now on; without a number as at Microsoft. */
  setTokenLifetime(lifetime: { seconds?: number }): void
  /** The token endpoint answers the next fitting requests with this error. */
  failNext(error: OrderedError): void
  /** A new key signs from now on; the old ones stay published. */
  rotateSigningKey(): Promise<void>
  /** A refresh token without a sign-in, consent included: for tests with many accounts. */
  issueRefreshToken(oid: string, clientId: string, scope: string): string
}

export function openControl(context: EntraContext, registrations: Registrations): EntraControl {
  return {
    ...peopleControl(context),
    ...applicationControl(context, registrations),
    setTokenLifetime: ({ seconds }) => {
      context.tokenLifetimeSeconds = seconds
    },
    failNext: (error) => {
      context.orderedErrors.push({ ...error })
    },
    rotateSigningKey: () => context.keys.rotate(),
    issueRefreshToken: (oid, clientId, scope) => {
      const person = personByOid(oid)
      if (!person) throw new Error(`There is no person ${oid}.`)
      grantScopes(context, person, clientId, canonicalScopes(parseScopes(context, scope)), false)
      return issueRefreshToken(context, person, { clientId, mfa: false, scope })
    },
  }
}

type PeopleControl = Pick<
  EntraControl,
  'revokeRefreshTokens' | 'changePassword' | 'disablePerson' | 'blockByPolicy' | 'requireMfa' | 'restore'
>

function peopleControl(context: EntraContext): PeopleControl {
  const { state } = context
  const change = (oid: string, apply: (person: PersonState) => void) => {
    apply(personState(state.value, oid))
    state.changed()
  }
  return {
    revokeRefreshTokens: (oid) =>
      change(oid, (person) => {
        person.refreshGeneration += 1
        person.sessionGeneration += 1
      }),
    changePassword: (oid, password) =>
      change(oid, (person) => {
        person.password = password
        person.sessionGeneration += 1
      }),
    disablePerson: (oid) => change(oid, (person) => Object.assign(person, { disabled: true })),
    blockByPolicy: (oid) => change(oid, (person) => Object.assign(person, { blocked: true })),
    requireMfa: (id) => {
      if (!state.value.mfaRequiredFor.includes(id)) state.value.mfaRequiredFor.push(id)
      state.changed()
    },
    restore: (id) => {
      state.value.mfaRequiredFor = state.value.mfaRequiredFor.filter((one) => one !== id)
      const person = state.value.people[id]
      if (person) {
        delete person.disabled
        delete person.blocked
      }
      state.changed()
    },
  }
}

type ApplicationControl = Pick<
  EntraControl,
  'expireSecret' | 'addSecret' | 'removeAppFromTenant' | 'disableAppInTenant' | 'restoreAppInTenant' | 'grantAdminConsent'
>

function applicationControl(context: EntraContext, registrations: Registrations): ApplicationControl {
  const setDisabled = (tenantId: string, clientId: string, disabled: boolean) => {
    ensureTenantApp(context, tenantId, clientId).disabled = disabled
    context.state.changed()
  }
  const secretsOf = (clientId: string) => registrations.get(clientId)?.secrets ?? []
  return {
    expireSecret: (clientId) => {
      const expiresOn = new Date().toISOString()
      registrations.update(clientId, { secrets: secretsOf(clientId).map(({ value }) => ({ value, expiresOn })) })
    },
    addSecret: (clientId, { value = newSecret(), days = 180 } = {}) => {
      const expiresOn = new Date(Date.now() + days * 86_400_000).toISOString()
      registrations.update(clientId, { secrets: [...secretsOf(clientId), { value, expiresOn }] })
      return value
    },
    removeAppFromTenant: (tenantId, clientId) => removeTenantApp(context, tenantId, clientId),
    disableAppInTenant: (tenantId, clientId) => setDisabled(tenantId, clientId, true),
    restoreAppInTenant: (tenantId, clientId) => setDisabled(tenantId, clientId, false),
    grantAdminConsent: (tenantId, clientId, { scopes = '', roles = [] }) => {
      if (tenantId === CONSUMERS_TENANT_ID) throw new Error('Personal accounts have no administrator.')
      const app = ensureTenantApp(context, tenantId, clientId)
      app.scopes = [...new Set([...app.scopes, ...canonicalScopes(parseScopes(context, scopes))])]
      app.roles = [...new Set([...app.roles, ...roles.map((role) => canonicalRole(context, role))])]
      context.state.changed()
    },
  }
}
