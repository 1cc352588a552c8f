import type { IncomingMessage } from 'node:http'

export type AuthLevel = 'anonymous' | 'function' | 'admin'

/**
 * Does this request carry the host key, in `x-functions-key` or `?code=`? Without a key the host asks for none, like Core Tools.
 * https://learn.microsoft.com/azure/azure-functions/function-keys-how-to
 */
export function isAllowed(incoming: IncomingMessage, level: AuthLevel, hostKey: string | undefined): boolean {
  if (level === 'anonymous' || hostKey === undefined) return true
  const query = incoming.url?.split('?', 2)[1] ?? ''
  return incoming.headers['x-functions-key'] === hostKey || new URLSearchParams(query).get('code') === hostKey
}
