import { randomBytes } from 'node:crypto'

import type { JWK } from 'jose'

import { type AppRegistration, CLIENT_ID, MANAGED_IDENTITY, tenants } from '../people.ts'

/** A key that signs tokens; the newest signs, all verify. */
export interface SigningKey {
  kid: string
  privateJwk: JWK
  publicJwk: JWK
}

/** Trust in a token of another issuer; `{authority}` in the issuer stands for this provider, whose port may change. */
export interface FederatedCredential {
  issuer: string
  subject: string
  audience: string
}

/** An app registration. `redirectUris` are https, or http on localhost. */
export interface Registration extends AppRegistration {
  /** Who may sign in: `organizations`, `common`, `consumers` or the id of the one tenant. */
  audience: string
  /** PEM certificates whose keys may sign client assertions. */
  certificates: string[]
  federatedCredentials: FederatedCredential[]
  /** Static app-only permissions: `Mail.Send` (Graph), `IMAP.AccessAsApp` (Outlook) or `{identifier URI}/{role}`. */
  applicationPermissions: string[]
  /** What `.default` stands for when a person signs in: scopes as in a scope parameter. */
  delegatedPermissions?: string[]
  /** Optional claims of the id_token; only `login_hint` is known. */
  optionalClaims?: string[]
  /** Makes the registration a resource too: `api://…`, with its application roles. */
  identifierUri?: string
  appRoles?: string[]
}

/** One application in one tenant (its service principal): what was consented there. Scopes and roles in canonical form. */
export interface TenantApp {
  scopes: string[]
  roles: string[]
  people: Record<string, string[]>
  disabled?: boolean
}

/** What happened to a person. A token carries the generation it was issued in. */
export interface PersonState {
  password?: string
  disabled?: boolean
  blocked?: boolean
  /** Raised when refresh tokens are revoked. */
  refreshGeneration: number
  /** Raised by whatever ends sessions and, with continuous access evaluation, access tokens. */
  sessionGeneration: number
}

export interface SessionAccount {
  oid: string
  generation: number
  mfa: boolean
}

export interface Session {
  createdOn: number
  accounts: SessionAccount[]
}

export interface EntraState {
  signingKeys: SigningKey[]
  /** base64url, 32 bytes; seals refresh tokens and personal access tokens. */
  sealingKey: string
  registrations: Record<string, Registration>
  /** By `{tenant id}/{client id}`. */
  apps: Record<string, TenantApp>
  people: Record<string, PersonState>
  /** Person or tenant ids. */
  mfaRequiredFor: string[]
  sessions: Record<string, Session>
}

const SEEDED_SECRET_DAYS = 180

/** The registration of the sandbox's gateway: any organization and personal accounts, no consent anywhere yet. */
function seededRegistration(): Registration {
  return {
    clientId: CLIENT_ID,
    displayName: 'Mail gateway (sandbox)',
    homeTenantId: tenants[0]!.id,
    audience: 'common',
    redirectUris: [],
    secrets: [
      {
        value: randomBytes(30).toString('base64url'),
        expiresOn: new Date(Date.now() + SEEDED_SECRET_DAYS * 86_400_000).toISOString(),
      },
    ],
    certificates: [],
    federatedCredentials: [
      {
        issuer: `{authority}/${MANAGED_IDENTITY.tenantId}/v2.0`,
        subject: MANAGED_IDENTITY.principalId,
        audience: 'api://AzureADTokenExchange',
      },
    ],
    applicationPermissions: ['Mail.Send', 'Mail.Read', 'Mail.ReadWrite', 'IMAP.AccessAsApp', 'POP.AccessAsApp', 'SMTP.SendAsApp'],
  }
}

/** A provider nobody has used yet; its signing key is made by the key ring. */
export function initialState(): EntraState {
  const registration = seededRegistration()
  return {
    signingKeys: [],
    sealingKey: randomBytes(32).toString('base64url'),
    registrations: { [registration.clientId]: registration },
    apps: { [`${registration.homeTenantId}/${registration.clientId}`]: { scopes: [], roles: [], people: {} } },
    people: {},
    mfaRequiredFor: [],
    sessions: {},
  }
}

/** The person's entry, made when absent. */
export function personState(state: EntraState, oid: string): PersonState {
  state.people[oid] ??= { refreshGeneration: 0, sessionGeneration: 0 }
  return state.people[oid]
}
