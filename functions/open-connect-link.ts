import type { Cookie } from '@azure/functions'

import { readCookie } from '../shared/http/cookies.ts'
import type { Handler } from '../shared/http/route.ts'
import { randomToken } from '../shared/ids.ts'
import type { Services } from '../shared/services.ts'

/** As long as a state lives. */
const COOKIE_LIFE_SECONDS = 600

/**
 * GET connect/{ticket} — sends the browser to Entra. Each opening mints its own state; a HEAD or a prefetch (mail scanners, link previews)
 * mints none.
 */
export const openConnectLink: Handler<Services> =
  ({ config, connections, browserCookie }) =>
  async ({ params, request }) => {
    const purpose = request.headers.get('sec-purpose') ?? request.headers.get('purpose') ?? request.headers.get('x-moz') ?? ''
    if (request.method === 'HEAD' || purpose.includes('prefetch')) return { status: 204 }
    const connection = await connections.byTicket(params.ticket as string)
    const browser = readCookie(request, browserCookie.name) ?? randomToken()
    const location = await connections.begin(connection, browser)
    const formPost = config.provider.responseMode === 'form_post'
    const cookie: Cookie = {
      name: browserCookie.name,
      value: browser,
      path: '/',
      httpOnly: true,
      maxAge: COOKIE_LIFE_SECONDS,
      // Entra's form_post comes from another site, and a Lax cookie does not travel with it.
      sameSite: formPost ? 'None' : 'Lax',
      secure: formPost || config.publicBaseUrl.protocol === 'https:',
    }
    return { status: 302, headers: { location: location.href, 'referrer-policy': 'no-referrer' }, cookies: [cookie] }
  }
