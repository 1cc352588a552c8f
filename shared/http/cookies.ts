import type { HttpRequest } from '@azure/functions'

/** Only letters and digits, as the gateway sets it; anything else is not ours. */
const VALUE = /^[0-9a-z]{26}$/

/** A cookie of ours. Sent twice with different values, it is treated as absent. */
export function readCookie(request: HttpRequest, name: string): string | undefined {
  const values = (request.headers.get('cookie') ?? '')
    .split(/; */)
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length > 0 && values.every((value) => value === values[0]) && VALUE.test(values[0] as string)
    ? values[0]
    : undefined
}

/** `__Host-` keeps other hosts of the domain from setting it; browsers demand TLS for the prefix. */
export function browserCookieName(publicBaseUrl: URL): string {
  return publicBaseUrl.protocol === 'https:' ? '__Host-connect' : 'connect'
}
