import { ManagedIdentityCredential } from '@azure/identity'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { Faults } from '../../../sandbox/faults.ts'
import { type IdentityStandIn, startIdentity } from '../../../sandbox/identity/start.ts'
import { Journal } from '../../../sandbox/journal.ts'
import { MANAGED_IDENTITY } from '../../../sandbox/people.ts'

const { clientId } = MANAGED_IDENTITY
const HEADER = 'the-identity-header'
const expiresOn = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000)

describe('the managed-identity endpoint', () => {
  const journal = new Journal()
  const faults = new Faults()
  let identity: IdentityStandIn

  // Once a file: the identity library keeps the first endpoint it saw for the life of the process.
  beforeAll(async () => {
    const issue = (resource: string) => ({ token: `token for ${resource}`, expiresOn })
    identity = await startIdentity({ journal, faults, header: HEADER, clientId, issue })
    vi.stubEnv('IDENTITY_ENDPOINT', identity.endpoint)
    vi.stubEnv('IDENTITY_HEADER', HEADER)
  })
  beforeEach(() => {
    journal.clear()
    faults.clear()
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await identity.close()
  })

  const ask = (query: Record<string, string>, headers: Record<string, string> = { 'x-identity-header': HEADER }) =>
    fetch(`${identity.endpoint}?${new URLSearchParams(query)}`, { headers })
  const good = { 'api-version': '2019-08-01', resource: 'https://vault.azure.net', client_id: clientId }

  it('gives ManagedIdentityCredential a token for the resource, with its expiry', async () => {
    const token = await new ManagedIdentityCredential({ clientId }).getToken('https://vault.azure.net/.default')

    expect(token.token).toBe('token for https://vault.azure.net')
    expect(token.expiresOnTimestamp).toBe(expiresOn.getTime())
    expect(journal.list('identity', { resource: 'https://vault.azure.net' })).toHaveLength(1)
  })

  it('answers in the shape of App Service, with the expiry as text', async () => {
    const response = await ask(good)

    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      access_token: 'token for https://vault.azure.net',
      client_id: clientId,
      expires_on: String(expiresOn.getTime() / 1000),
      resource: 'https://vault.azure.net',
      token_type: 'Bearer',
    })
  })

  it.each([
    ['a missing header', 401, good, {}],
    ['a wrong header', 401, good, { 'x-identity-header': 'guess' }],
    ['an unknown client id', 400, { ...good, client_id: '00000000-0000-4000-a000-00000000dead' }, undefined],
    [
      'no client id, as only a user-assigned identity exists',
      400,
      { 'api-version': '2019-08-01', resource: good.resource },
      undefined,
    ],
    ['an unknown resource', 400, { ...good, resource: 'https://nobody.test' }, undefined],
    ['no resource', 400, { 'api-version': '2019-08-01', client_id: clientId }, undefined],
    ['another api-version', 400, { ...good, 'api-version': '2017-09-01' }, undefined],
  ])('refuses %s', async (_case, status, query, headers) => {
    const response = await ask(query as Record<string, string>, headers)

    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({
      statusCode: status,
      message: expect.any(String),
      correlationId: expect.any(String),
    })
  })

  it('makes ManagedIdentityCredential fail for an identity that is not assigned', async () => {
    const credential = new ManagedIdentityCredential({ clientId: '00000000-0000-4000-a000-00000000dead' })

    await expect(credential.getToken('https://storage.azure.com/.default')).rejects.toThrow('No managed identity')
  })

  it('writes neither header nor token to the journal', async () => {
    await ask(good)

    expect(JSON.stringify(journal.list())).not.toMatch(/the-identity-header|token for/)
  })

  it('misbehaves as ordered', async () => {
    faults.add({ service: 'identity', match: { facts: { resource: good.resource } }, answer: { status: 503 }, times: 1 })

    expect((await ask(good)).status).toBe(503)
    expect((await ask(good)).status).toBe(200)
  })
})
