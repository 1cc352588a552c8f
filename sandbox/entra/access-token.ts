import { createHash, randomBytes } from 'node:crypto'

import type { JWTPayload } from 'jose'

import { CONSUMERS_TENANT_ID, MANAGED_IDENTITY, type Person } from '../people.ts'
import type { EntraContext } from './context.ts'
import type { Resource } from './resources.ts'
import { seal, unseal } from './seal.ts'
import { personState, type Registration } from './state.ts'

/** Personal accounts' access tokens are opaque; a JWT would invite clients to read them. */
const PERSONAL_PREFIX = 'EwB'

/** Whom and what an access token is for. Without a person it is the application's own, with roles instead of scopes. */
export interface TokenSubject {
  registration: Registration
  tenantId: string
  resource: Resource
  person?: Person
  /** Scope names, or role names for the application. */
  permissions: string[]
  cp1: boolean
  mfa: boolean
  /** `1` a secret, `2` a certificate or federated token. */
  appidacr: '1' | '2'
}

/** Seconds an access token lives: 60–90 minutes at random, 24–28 hours with `cp1` (identity-platform/configurable-token-lifetimes). */
function lifetimeSeconds(context: EntraContext, { cp1, person, tenantId }: TokenSubject): number {
  if (context.tokenLifetimeSeconds !== undefined) return context.tokenLifetimeSeconds
  if (tenantId === CONSUMERS_TENANT_ID) return 3600
  if (cp1) return Math.round(86_400 + Math.random() * 14_400)
  return person ? Math.round(3600 + Math.random() * 1800) : 3599
}

export async function issueAccessToken(
  context: EntraContext,
  subject: TokenSubject,
): Promise<{ token: string; expiresIn: number }> {
  const { registration, tenantId, resource, person, permissions, cp1 } = subject
  const expiresIn = lifetimeSeconds(context, subject)
  const now = Math.floor(Date.now() / 1000)
  const claims: JWTPayload = {
    aud: person ? resource.audience : resource.appAudience,
    iss: `https://sts.windows.net/${tenantId}/`,
    iat: now,
    nbf: now,
    exp: now + expiresIn,
    app_displayname: registration.displayName,
    appid: registration.clientId,
    appidacr: subject.appidacr,
    idtyp: person ? 'user' : 'app',
    tid: tenantId,
    uti: randomBytes(16).toString('base64url'),
    ver: '1.0',
    ...(cp1 ? { xms_cc: ['cp1'] } : {}),
    ...(person ? personClaims(context, person, subject) : applicationClaims(registration, tenantId, permissions)),
  }
  const personal = tenantId === CONSUMERS_TENANT_ID
  const token = personal ? seal(context.state.value.sealingKey, PERSONAL_PREFIX, claims) : await context.keys.sign(claims)
  return { token, expiresIn }
}

function personClaims(context: EntraContext, person: Person, { registration, permissions, mfa }: TokenSubject): JWTPayload {
  return {
    oid: person.oid,
    sub: pairwise(person.oid, registration.clientId),
    name: person.displayName,
    upn: person.userPrincipalName,
    unique_name: person.userPrincipalName,
    amr: mfa ? ['pwd', 'mfa'] : ['pwd'],
    scp: permissions.join(' '),
    // Opaque to clients; here the generation that a revocation raises.
    rh: `1.${personState(context.state.value, person.oid).sessionGeneration}.`,
  }
}

function applicationClaims(registration: Registration, tenantId: string, roles: string[]): JWTPayload {
  const oid = servicePrincipalId(registration.clientId, tenantId)
  return { oid, sub: oid, ...(roles.length > 0 ? { roles } : {}) }
}

/** `sub` is another for each application (pairwise). */
export function pairwise(oid: string, clientId: string): string {
  return createHash('sha256').update(`${oid}/${clientId}`).digest('base64url')
}

function servicePrincipalId(clientId: string, tenantId: string): string {
  const hex = createHash('sha256').update(`${clientId}/${tenantId}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
}

/** What a resource learns from a token it was given. */
export interface VerifiedToken {
  aud: string
  tid: string
  oid: string
  appid: string
  /** Empty for an application. */
  upn: string
  scp: string[]
  roles: string[]
  cp1: boolean
  iat: number
  /** The token was revoked and its client can take a claims challenge (continuous access evaluation). */
  revoked?: boolean
}

/** Checks signature, lifetime and, when given, audience. Without `cp1` a revoked token stays good until it expires, as at Microsoft. */
export function verifyAccessToken(context: EntraContext, token: string, audience?: string): VerifiedToken | undefined {
  const claims = unseal<JWTPayload>(context.state.value.sealingKey, PERSONAL_PREFIX, token) ?? context.keys.verify(token)
  if (!claims?.exp || claims.exp * 1000 <= Date.now() || !claims.appid) return undefined
  if (audience !== undefined && claims.aud !== audience) return undefined
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  const cp1 = Array.isArray(claims.xms_cc) && claims.xms_cc.includes('cp1')
  const oid = text(claims.oid)
  const state = context.state.value.people[oid]
  const generation = Number(text(claims.rh).split('.')[1] ?? 0)
  const revoked = Boolean(state && (state.disabled || generation < state.sessionGeneration))
  return {
    aud: text(claims.aud),
    tid: text(claims.tid),
    oid,
    appid: text(claims.appid),
    upn: text(claims.upn),
    scp: text(claims.scp).split(' ').filter(Boolean),
    roles: Array.isArray(claims.roles) ? claims.roles.map(String) : [],
    cp1,
    iat: claims.iat ?? 0,
    ...(cp1 && revoked ? { revoked } : {}),
  }
}

const MANAGED_IDENTITY_SECONDS = 86_400
const TOKEN_EXCHANGE = 'api://AzureADTokenExchange'

/** A token of the gateway's managed identity for a resource, or for the exchange with a federated credential. */
export async function issueManagedIdentityToken(
  context: EntraContext,
  resource: string,
): Promise<{ token: string; expiresOn: Date }> {
  const { clientId, principalId, tenantId } = MANAGED_IDENTITY
  const now = Math.floor(Date.now() / 1000)
  const token = await context.keys.sign({
    aud: resource,
    iss: resource === TOKEN_EXCHANGE ? `${context.origin()}/${tenantId}/v2.0` : `https://sts.windows.net/${tenantId}/`,
    iat: now,
    nbf: now,
    exp: now + MANAGED_IDENTITY_SECONDS,
    appid: clientId,
    appidacr: '2',
    idtyp: 'app',
    oid: principalId,
    sub: principalId,
    tid: tenantId,
    uti: randomBytes(16).toString('base64url'),
    ver: resource === TOKEN_EXCHANGE ? '2.0' : '1.0',
  })
  return { token, expiresOn: new Date((now + MANAGED_IDENTITY_SECONDS) * 1000) }
}
