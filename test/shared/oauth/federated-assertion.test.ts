import { ManagedIdentityCredential } from '@azure/identity'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { type IdentityStandIn, startIdentity } from '../../../sandbox/identity/start.ts'
import { CLIENT_ID, MANAGED_IDENTITY } from '../../../sandbox/people.ts'
import type { CloudName } from '../../../shared/oauth/clouds.ts'
import { createFederatedAssertion } from '../../../shared/oauth/federated-assertion.ts'
import { requestToken } from '../../../shared/oauth/token-endpoint.ts'
import { CONTOSO, type Provider, startProvider } from '../../sandbox/entra/provider.ts'

let provider: Provider
let identity: IdentityStandIn
beforeAll(async () => {
  provider = await startProvider()
  const { journal, faults, entra } = provider
  const { clientId } = MANAGED_IDENTITY
  identity = await startIdentity({ journal, faults, header: 'header', clientId, issue: entra.issueManagedIdentityToken })
  vi.stubEnv('IDENTITY_ENDPOINT', identity.endpoint)
  vi.stubEnv('IDENTITY_HEADER', 'header')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await identity.close()
  await provider.close()
})

function assertions() {
  const credential = new ManagedIdentityCredential({ clientId: MANAGED_IDENTITY.clientId })
  return createFederatedAssertion({
    managedIdentityToken: async (audience) => (await credential.getToken(`${audience}/.default`)).token,
  })
}

const tokenWith = (clientAssertion: string) =>
  requestToken(
    {
      tokenEndpoint: new URL(`/${CONTOSO}/oauth2/v2.0/token`, provider.entra.url),
      clientId: CLIENT_ID,
      credential: { clientAssertion },
      scopes: ['https://graph.microsoft.com/.default'],
    },
    { clientCredentials: true },
    { fetch, now: Date.now },
  )

describe('the managed identity as credential', () => {
  it('is accepted by Entra where the registration trusts it', async () => {
    const { token } = await tokenWith(await assertions().assertionFor('global'))
    expect(token.accessToken).toMatch(/^ey/)
  })

  it.each<[CloudName, string]>([
    ['global', 'api://AzureADTokenExchange'],
    ['usGov', 'api://AzureADTokenExchangeUSGov'],
    ['usGovDod', 'api://AzureADTokenExchangeUSGov'],
    ['china', 'api://AzureADTokenExchangeChina'],
  ])('asks in the cloud %s for the audience %s', async (cloud, audience) => {
    const { assertionFor } = createFederatedAssertion({ managedIdentityToken: async (asked) => `token for ${asked}` })
    expect(await assertionFor(cloud)).toBe(`token for ${audience}`)
  })

  it('with the audience of another cloud is refused', async () => {
    await expect(tokenWith(await assertions().assertionFor('usGov'))).rejects.toMatchObject({
      error: { details: { upstream: { code: 'AADSTS70021' } } },
    })
  })

  it('is refused when the registration does not trust it', async () => {
    const { federatedCredentials } = provider.entra.registrations.get(CLIENT_ID) ?? {}
    provider.entra.registrations.update(CLIENT_ID, { federatedCredentials: [] })
    await expect(tokenWith(await assertions().assertionFor('global'))).rejects.toMatchObject({
      error: { details: { upstream: { code: 'AADSTS70021' } } },
    })
    provider.entra.registrations.update(CLIENT_ID, { federatedCredentials })
  })

  it('that gives no token says so in our words', async () => {
    const { assertionFor } = createFederatedAssertion({ managedIdentityToken: () => Promise.reject(new Error('no endpoint')) })
    await expect(assertionFor('global')).rejects.toMatchObject({ code: 'upstream_unavailable', details: { retryAfter: 10 } })
  })
})
