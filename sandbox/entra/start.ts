import { type StandIn, type StandInOptions, type StandInRequest, serve } from '../stand-in.ts'
import { openState } from '../state.ts'
import { issueManagedIdentityToken, type VerifiedToken, verifyAccessToken } from './access-token.ts'
import { authorize } from './authorize.ts'
import type { EntraContext } from './context.ts'
import { type EntraControl, openControl } from './control.ts'
import { EntraError, errorAnswer } from './errors.ts'
import { forms, logout, submitForm } from './forms.ts'
import { KeyRing } from './keys.ts'
import { instanceDiscovery, openIdConfiguration, signingKeys } from './metadata.ts'
import { openRegistrations, type Registrations } from './registrations.ts'
import { type EntraState, initialState } from './state.ts'
import { token } from './token.ts'

/** An Entra-shaped identity provider: the v2.0 endpoints of one cloud, for the tenants and people of the sandbox. */
export type EntraStandIn = StandIn &
  EntraControl & {
    registrations: Registrations
    /** For the other stand-ins: what a token says, if it is good (for this audience). */
    verifyAccessToken(token: string, audience?: string): VerifiedToken | undefined
    /** A token of the gateway's managed identity. */
    issueManagedIdentityToken(resource: string): Promise<{ token: string; expiresOn: Date }>
  }

/** Starts the provider. With a folder, keys, registrations, consents and sessions outlive a restart, and so do refresh tokens. */
export async function startEntra(options: StandInOptions & { folder?: string }): Promise<EntraStandIn> {
  const state = openState<EntraState>(options.folder, 'entra', initialState)
  let origin = ''
  const context: EntraContext = {
    origin: () => origin,
    state,
    keys: await KeyRing.open(state),
    codes: new Map(),
    flows: new Map(),
    orderedErrors: [],
  }
  state.flush()
  const registrations = openRegistrations(context)
  const standIn = await serve('entra', options, (request, applyFaults) => route(context, request, applyFaults))
  origin = standIn.url.origin
  return {
    url: standIn.url,
    close: async () => {
      await standIn.close()
      state.flush()
    },
    registrations,
    ...openControl(context, registrations),
    verifyAccessToken: (accessToken, audience) => verifyAccessToken(context, accessToken, audience),
    issueManagedIdentityToken: (resource) => issueManagedIdentityToken(context, resource),
  }
}

async function route(
  context: EntraContext,
  request: StandInRequest,
  applyFaults: () => Promise<void> | undefined,
): Promise<Response> {
  const { method, url } = request
  const [, segment = '', ...rest] = url.pathname.split('/')
  const path = rest.join('/')
  try {
    switch (`${method} ${path}`) {
      case 'GET v2.0/.well-known/openid-configuration':
        return openIdConfiguration(context, segment)
      case 'GET discovery/v2.0/keys':
        return signingKeys(context, segment)
      case 'GET discovery/instance':
        return instanceDiscovery(context, url.searchParams)
      case 'GET oauth2/v2.0/authorize':
      case 'POST oauth2/v2.0/authorize':
        return await authorize(context, segment, request, applyFaults, 'code')
      case 'GET v2.0/adminconsent':
        return await authorize(context, segment, request, applyFaults, 'adminConsent')
      case 'POST oauth2/v2.0/token':
        return await token(context, segment, request, applyFaults)
      case 'GET oauth2/v2.0/logout':
        return logout(context, request)
    }
    const form = segment === 'common' && method === 'POST' ? forms.get(path) : undefined
    return form ? await submitForm(context, form, request) : new Response(null, { status: 404 })
  } catch (error) {
    if (error instanceof EntraError) return errorAnswer(error, context.origin(), request.headers.get('client-request-id'))
    throw error
  }
}
