import type { Role } from './access.ts'
import type { CertificateData } from './certificates.ts'
import type { KeyData } from './keys.ts'
import type { SecretData } from './secrets.ts'
import type { ObjectStore } from './store.ts'

/** What the handlers work on. */
export interface Vault {
  /** The vault's address, without a trailing slash; its port changes between starts. */
  url: string
  secrets: ObjectStore<SecretData>
  keys: ObjectStore<KeyData>
  certificates: ObjectStore<CertificateData>
}

/** One authorized request. */
export interface Call {
  name: string
  version?: string
  url: URL
  body: Record<string, unknown>
}

export interface Route {
  method: string
  /** `{name}` and `{version}` stand for one segment. */
  path: string
  /** The journal's name of the operation. */
  operation: string
  role: Role
  /** The data action, below `Microsoft.KeyVault/vaults/`. */
  action: string
  handle(vault: Vault, call: Call): Promise<Response> | Response
}

export interface Match {
  route: Route
  name: string
  version?: string
}

/** The first route that fits; a trailing slash stands for the newest version. */
export function matchRoute(routes: Route[], method: string, pathname: string): Match | undefined {
  const segments = pathname.split('/').filter((segment) => segment !== '')
  for (const route of routes) {
    const pattern = route.path.split('/').slice(1)
    if (route.method !== method || pattern.length !== segments.length) continue
    const found: Record<string, string> = {}
    const fits = pattern.every((part, at) => {
      const segment = segments[at] as string
      if (!part.startsWith('{')) return part === segment
      found[part.slice(1, -1)] = segment
      return true
    })
    if (fits) return { route, name: found.name ?? '', version: found.version }
  }
  return undefined
}
