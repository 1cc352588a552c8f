import type { EntraContext } from './context.ts'
import { EntraError } from './errors.ts'

/** An error the token endpoint is told to give. All of grantType, oid and tenantId that are given must match. */
export interface OrderedError {
  grantType?: string
  oid?: string
  tenantId?: string
  /** The OAuth error, such as `invalid_grant`. */
  error: string
  /** The AADSTS number. */
  code: number
  status?: number
  claims?: string
  suberror?: string
  /** How many requests get it; 1 when absent. */
  times?: number
}

/** Throws the first ordered error that fits the request, counting its use. */
export function throwOrderedError(context: EntraContext, facts: Record<string, unknown>): void {
  const ordered = context.orderedErrors.find(
    ({ grantType, oid, tenantId }) =>
      (grantType === undefined || facts.grantType === grantType) &&
      (oid === undefined || facts.oid === oid) &&
      (tenantId === undefined || facts.tenant === tenantId),
  )
  if (!ordered) return
  ordered.times = (ordered.times ?? 1) - 1
  if (ordered.times <= 0) context.orderedErrors.splice(context.orderedErrors.indexOf(ordered), 1)
  const { error, code, status, claims, suberror } = ordered
  throw new EntraError(code, undefined, { error, status, claims, suberror })
}
