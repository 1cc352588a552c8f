import { EntraError } from './errors.ts'

interface ClaimsRequest {
  access_token?: { xms_cc?: { values?: unknown } }
}

/** Reads a `claims` parameter (OpenID Connect §5.5): does the client declare `cp1`? @throws EntraError 9002313 */
export function declaresCp1(claims: string | null): boolean {
  if (claims === null) return false
  let request: ClaimsRequest
  try {
    request = JSON.parse(claims) as ClaimsRequest
  } catch {
    throw new EntraError(9002313, "The parameter 'claims' is not valid JSON.")
  }
  const values = request?.access_token?.xms_cc?.values
  return Array.isArray(values) && values.includes('cp1')
}
