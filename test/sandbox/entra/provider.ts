import { createHash, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import tls from 'node:tls'

import { openCertificates } from '../../../sandbox/certificates.ts'
import { type EntraStandIn, startEntra } from '../../../sandbox/entra/start.ts'
import { Faults } from '../../../sandbox/faults.ts'
import { Journal } from '../../../sandbox/journal.ts'
import { CLIENT_ID } from '../../../sandbox/people.ts'
import { type Landing, type SignInOptions, signIn } from './browser.ts'

export const CONTOSO = 'c0470500-0000-4000-8000-000000000001'
export const FABRIKAM = 'fab40000-0000-4000-8000-000000000002'
export const ADELE = 'adele@contoso.test'
export const ADELE_OID = '00000000-0000-4000-9000-000000000001'
export const REDIRECT_URI = 'http://localhost:7071/api/oauth/callback'
export const MAIL_SCOPES = 'openid profile email offline_access User.Read Mail.Send'
const OTHER_CLIENT_ID = '9a7e3a11-0000-4000-a000-00000000a002'

/** The body of a refusal of the token endpoint. */
export interface Refusal {
  error: string
  error_description: string
  error_codes: number[]
  timestamp: string
  trace_id: string
  correlation_id: string
  error_uri: string
  suberror?: string
  claims?: string
}

/** A provider on loopback with one registered redirect URI, and the raw requests that tests send to it. */
export interface Provider {
  entra: EntraStandIn
  journal: Journal
  faults: Faults
  secret: string
  authorizeUrl(params?: Record<string, string | undefined>, tenant?: string): URL
  token(params: Record<string, string | undefined>, tenant?: string): Promise<Response>
  /** The AADSTS number and the body of a refused token request. */
  refusal(params: Record<string, string | undefined>, tenant?: string): Promise<Refusal & { status: number; code: number }>
  /** Signs in and answers what came back, with the verifier to redeem it. */
  code(
    login?: string,
    params?: Record<string, string>,
    options?: SignInOptions,
  ): Promise<{ code: string; verifier: string; landing: Landing }>
  redeem(code: string, verifier: string, params?: Record<string, string | undefined>): Record<string, string | undefined>
  refreshToken(login?: string, scope?: string): Promise<string>
  restart(): Promise<void>
  close(): Promise<void>
}

let certificates: ReturnType<typeof openCertificates> | undefined

/** Made and trusted once for all tests of a file. */
async function serverCertificate() {
  certificates ??= openCertificates().then((made) => {
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), made.ca])
    return made
  })
  return (await certificates).server
}

/** Starts it; every use of the clock is the caller's. */
export async function startProvider(folder?: string): Promise<Provider> {
  const server = await serverCertificate()
  const journal = new Journal()
  const faults = new Faults()
  const start = () => startEntra({ journal, faults, tls: server, folder })
  const provider = {} as Provider
  const open = async () => {
    provider.entra = await start()
    provider.secret = provider.entra.registrations.update(CLIENT_ID, { redirectUris: [REDIRECT_URI] }).secrets[0]!.value
  }
  await open()

  const token: Provider['token'] = (params, tenant = CONTOSO) => {
    const all = { client_id: CLIENT_ID, client_secret: provider.secret, ...params }
    return fetch(new URL(`/${tenant}/oauth2/v2.0/token`, provider.entra.url), { method: 'POST', body: toParams(all) })
  }
  return Object.assign(provider, {
    journal,
    faults,
    token,
    refusal: async (params, tenant) => {
      const response = await token(params, tenant)
      const body = (await response.json()) as Refusal
      return { ...body, status: response.status, code: body.error_codes[0] ?? 0 }
    },
    authorizeUrl: (params = {}, tenant = 'organizations') => {
      const url = new URL(`/${tenant}/oauth2/v2.0/authorize`, provider.entra.url)
      const all = {
        client_id: CLIENT_ID,
        redirect_uri: REDIRECT_URI,
        response_type: 'code',
        scope: MAIL_SCOPES,
        state: 'here',
        ...params,
      }
      url.search = toParams(all).toString()
      return url
    },
    code: async (login = ADELE, params = {}, options = {}) => {
      const verifier = randomBytes(32).toString('base64url')
      const challenge = createHash('sha256').update(verifier).digest('base64url')
      const url = provider.authorizeUrl({ code_challenge: challenge, code_challenge_method: 'S256', ...params }, 'common')
      const landing = await signIn(url, login, options)
      return { code: landing.params.get('code') ?? '', verifier, landing }
    },
    redeem: (code, verifier, params = {}) => ({
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: verifier,
      ...params,
    }),
    refreshToken: async (login = ADELE, scope = MAIL_SCOPES) => {
      const { code, verifier } = await provider.code(login, { scope })
      const response = await token(provider.redeem(code, verifier), 'common')
      return ((await response.json()) as { refresh_token: string }).refresh_token
    },
    restart: async () => {
      await provider.entra.close()
      await open()
    },
    close: async () => {
      await provider.entra.close()
      if (folder) rmSync(folder, { recursive: true, force: true })
    },
  } satisfies Partial<Provider>)
}

function toParams(values: Record<string, string | undefined>): URLSearchParams {
  return new URLSearchParams(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** A second registration, for tests that mix clients up or need another audience. */
export function registerOther(
  entra: EntraStandIn,
  more: Partial<Parameters<EntraStandIn['registrations']['put']>[0]> = {},
): string {
  entra.registrations.put({
    clientId: OTHER_CLIENT_ID,
    displayName: 'Another application',
    homeTenantId: CONTOSO,
    audience: 'organizations',
    redirectUris: [REDIRECT_URI],
    secrets: [{ value: 'other secret', expiresOn: new Date(Date.now() + 86_400_000).toISOString() }],
    ...more,
  })
  return OTHER_CLIENT_ID
}
