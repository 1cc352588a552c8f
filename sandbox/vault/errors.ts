import { json } from '../stand-in.ts'

/**
 * A refusal in Key Vault's shape; thrown by handlers.
 *
 * @see {@link https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses Authentication, requests and responses}
 */
export function vaultError(
  status: number,
  code: string,
  message: string,
  innerCode?: string,
  headers: Record<string, string> = {},
): Response {
  const error = { code, message, ...(innerCode && { innererror: { code: innerCode } }) }
  return json(status, { error }, headers)
}

export const badParameter = (message: string) => vaultError(400, 'BadParameter', message)

export const forbidden = (message: string, innerCode: string) => vaultError(403, 'Forbidden', message, innerCode)
