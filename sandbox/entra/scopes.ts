import type { EntraContext } from './context.ts'
import { EntraError } from './errors.ts'
import { DEFAULT_RESOURCE, type Resource, resources } from './resources.ts'
import type { Registration } from './state.ts'

const OPENID_SCOPES: Record<string, string> = {
  openid: 'Sign you in',
  profile: 'View your basic profile',
  email: 'View your email address',
  offline_access: 'Maintain access to data you have given it access to',
}

/** Scopes as asked: the OpenID ones, and permission names by resource in the order of first mention. */
export interface RequestedScopes {
  openId: string[]
  byResource: Map<Resource, string[]>
}

/** RFC 6749 §3.3 scope-token, without the quotes nobody uses. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Reads a scope parameter. @throws EntraError 70011 malformed, 500011 unknown resource, 650053 unknown scope */
export function parseScopes(context: EntraContext, text: string): RequestedScopes {
  const parsed: RequestedScopes = { openId: [], byResource: new Map() }
  for (const token of text.split(' ').filter(Boolean)) {
    if (!SCOPE_TOKEN.test(token)) throw new EntraError(70011)
    const lower = token.toLowerCase()
    if (Object.hasOwn(OPENID_SCOPES, lower)) {
      if (!parsed.openId.includes(lower)) parsed.openId.push(lower)
      continue
    }
    const [resource, name] = splitScope(context, token)
    const names = parsed.byResource.get(resource) ?? []
    if (!names.includes(name)) names.push(name)
    parsed.byResource.set(resource, names)
  }
  for (const names of parsed.byResource.values()) {
    if (names.includes('.default') && names.length > 1)
      throw new EntraError(70011, "'.default' cannot be combined with other scopes.")
  }
  return parsed
}

function splitScope(context: EntraContext, token: string): [Resource, string] {
  const prefixed = token.includes('://') || /^[0-9a-f-]{36}\//i.test(token)
  if (!prefixed) return [DEFAULT_RESOURCE, knownName(DEFAULT_RESOURCE, token)]
  for (const resource of resources(context)) {
    for (const prefix of [resource.uri, ...resource.aliases]) {
      if (token.toLowerCase().startsWith(`${prefix.toLowerCase()}/`)) {
        return [resource, knownName(resource, token.slice(prefix.length).replace(/^\/+/, ''))]
      }
    }
  }
  throw new EntraError(500011, `The resource of scope '${token}' was not found in the tenant.`)
}

function knownName(resource: Resource, asked: string): string {
  if (asked.toLowerCase() === '.default') return '.default'
  const name = Object.keys(resource.scopes).find((one) => one.toLowerCase() === asked.toLowerCase())
  if (!name) throw new EntraError(650053, `The application asked for scope '${asked}' that doesn't exist on '${resource.uri}'.`)
  return name
}

/** The form in which consents are kept and compared: `openid`, or `{resource URI}/{name}`. */
export function canonicalScopes(requested: RequestedScopes): string[] {
  return [
    ...requested.openId,
    ...[...requested.byResource].flatMap(([resource, names]) => names.map((name) => `${resource.uri}/${name}`)),
  ]
}

/** Replaces `{resource}/.default` by the delegated permissions that the registration lists for the resource. */
export function expandDefault(context: EntraContext, canonical: string[], registration: Registration): string[] {
  const listed = canonicalScopes(parseScopes(context, (registration.delegatedPermissions ?? []).join(' ')))
  return canonical.flatMap((scope) => {
    if (!scope.endsWith('/.default')) return [scope]
    return listed.filter((one) => one.startsWith(scope.slice(0, -'.default'.length)))
  })
}

/** What the consent page says of a canonical scope or role. */
export function plainWords(context: EntraContext, canonical: string, kind: 'scopes' | 'roles' = 'scopes'): string {
  if (Object.hasOwn(OPENID_SCOPES, canonical)) return OPENID_SCOPES[canonical]!
  for (const resource of resources(context)) {
    const words = canonical.startsWith(`${resource.uri}/`) && resource[kind][canonical.slice(resource.uri.length + 1)]
    if (words) return words
  }
  return canonical
}

/** The canonical form of a registration's application permission. @throws Error when no resource has it */
export function canonicalRole(context: EntraContext, permission: string): string {
  for (const resource of resources(context)) {
    const name = permission.startsWith(`${resource.uri}/`) ? permission.slice(resource.uri.length + 1) : permission
    if (Object.hasOwn(resource.roles, name)) return `${resource.uri}/${name}`
  }
  throw new Error(`No resource has an application permission '${permission}'.`)
}
