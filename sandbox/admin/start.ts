import { clockOffset } from '../clock.ts'
import type { Cloud } from '../cloud.ts'
import type { Fault } from '../faults.ts'
import { json, type StandIn, type StandInRequest, serve } from '../stand-in.ts'
import { controls } from './controls.ts'
import { startPage } from './page.ts'
import { returnPage } from './return-page.ts'

const HOUR_MS = 3_600_000

export type AdminOptions = Omit<Cloud, 'adminUrl' | 'close'> & { publicBaseUrl: URL; hostKey?: string }

/** The sandbox's page for people, and the API that drives the stand-ins. Not a part of the cloud it imitates. */
export function startAdmin(options: AdminOptions): Promise<StandIn> {
  return serve('admin', { journal: options.journal, faults: options.faults }, (request) => answer(options, request))
}

async function answer(options: AdminOptions, request: StandInRequest): Promise<Response> {
  const { journal, faults, hosts } = options
  const { method, url } = request
  switch (`${method} ${url.pathname}`) {
    case 'GET /':
      return html(startPage(options, url.origin))
    case 'GET /return':
      return html(returnPage(url.searchParams))
    case 'POST /connect':
      return connect(options, request)
    case 'POST /advance':
      await hosts.advance(HOUR_MS)
      await hosts.settle()
      return seeOther('/')
    case 'GET /clock':
      return json(200, { offsetMs: clockOffset(), now: new Date().toISOString() })
    case 'POST /clock': {
      const { advanceSeconds } = (await request.json()) as { advanceSeconds?: number }
      if (typeof advanceSeconds !== 'number' || !(advanceSeconds >= 0))
        return json(400, { error: 'advanceSeconds must be a number from 0.' })
      await hosts.advance(advanceSeconds * 1000)
      await hosts.settle()
      return json(200, { now: new Date().toISOString() })
    }
    case 'POST /clock/hosts':
      hosts.add(await controlOf(request))
      return json(200, {})
    case 'DELETE /clock/hosts':
      hosts.remove(await controlOf(request))
      return json(200, {})
    case 'GET /journal':
      return json(200, { items: journal.list(url.searchParams.get('service') ?? undefined) })
    case 'DELETE /journal':
      journal.clear()
      return json(200, {})
    case 'GET /faults':
      return json(200, { items: faults.list() })
    case 'POST /faults':
      return addFault(options, (await request.json()) as Fault & { forSeconds?: number })
    case 'DELETE /faults':
      faults.clear()
      return json(200, {})
    default:
      return control(options, request)
  }
}

/** Does what an application does: starts a sign-in and sends its user to the link. */
async function connect({ publicBaseUrl, hostKey }: AdminOptions, request: StandInRequest): Promise<Response> {
  const loginHint = (await request.form()).get('person') ?? undefined
  const returnUrl = `${request.url.origin}/return`
  const response = await fetch(new URL('/api/connections', publicBaseUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(hostKey && { 'x-functions-key': hostKey }) },
    body: JSON.stringify({ loginHint, returnUrl }),
  })
  const { connectUrl } = (await response.json()) as { connectUrl?: string }
  return connectUrl ? seeOther(connectUrl) : json(502, { error: `The gateway answered ${response.status}.` })
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } })
}

function addFault({ faults }: AdminOptions, { forSeconds, ...fault }: Fault & { forSeconds?: number }): Response {
  if (!['entra', 'graph', 'vault', 'identity', 'exchange'].includes(fault.service))
    return json(400, { error: 'service must name a stand-in.' })
  const until = forSeconds === undefined ? fault.until : Date.now() + forSeconds * 1000
  return json(201, { id: faults.add({ ...fault, until }) })
}

async function control(options: AdminOptions, request: StandInRequest): Promise<Response> {
  const name = /^\/control\/([a-z-]+)$/.exec(request.url.pathname)?.[1]
  const found = name && request.method === 'POST' ? controls[name] : undefined
  if (!found) return json(404, { error: 'There is no such operation.', controls: Object.keys(controls) })
  try {
    return json(200, (await found(options, (await request.json()) as Record<string, string>)) ?? {})
  } catch (error) {
    return json(400, { error: error instanceof Error ? error.message : String(error) })
  }
}

async function controlOf(request: StandInRequest): Promise<string> {
  return new URL(((await request.json()) as { control: string }).control).href
}

function html(body: string): Response {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'self' 'unsafe-inline'; connect-src *; form-action 'self' http: https:",
  }
  return new Response(body, { headers })
}
