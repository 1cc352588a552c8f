import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { CLIENT_ID } from '../../sandbox/people.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'
import { makeCertificate, makePfx } from '../support/pfx.ts'

const ADELE = 'adele@contoso.test'
const ORGANIZATIONS = { ENTRA_AUDIENCE: 'organizations' }

async function signsInAndRefreshes(gateway: Gateway): Promise<string> {
  const id = await gateway.connect(ADELE, { permissions: ['send', 'read', 'imap'] })
  expect((await gateway.api('POST', `/api/accounts/${id}/refresh`)).status).toBe(200)
  expect((await gateway.api('GET', `/api/accounts/${id}/messages`)).status).toBe(200)
  return id
}

const credentialsUsed = ({ cloud }: Gateway) =>
  new Set(cloud.journal.list('entra').flatMap(({ facts }) => (facts.grantType ? [facts.credential] : [])))

describe('a certificate in the vault', () => {
  let gateway: Gateway
  const password = 'of-the-pfx'

  beforeAll(async () => {
    gateway = await startGateway({ settings: { ...ORGANIZATIONS, ENTRA_CREDENTIAL: 'certificate:entra-certificate' } })
    await replaceCertificate()
  })
  afterAll(() => gateway.close())

  /** A new version in the vault, known to Entra; the one before is forgotten there. */
  async function replaceCertificate(): Promise<void> {
    const certificate = await makeCertificate()
    await gateway.cloud.vault.asOperator.importCertificate('entra-certificate', makePfx(certificate, password), password)
    gateway.cloud.entra.registrations.update(CLIENT_ID, { certificates: [certificate.certificatePem], secrets: [] })
  }

  it('signs in, refreshes and reads mail without any secret', async () => {
    await signsInAndRefreshes(gateway)
    expect(credentialsUsed(gateway)).toEqual(new Set(['certificate']))
    expect(gateway.cloud.journal.list('vault', { operation: 'getSecret' })).toEqual([])
  })

  it('shares a signature among the refreshes of one tenant', async () => {
    gateway.cloud.journal.clear()
    for (let times = 0; times < 5; times += 1) await gateway.api('POST', `/api/accounts/${ADELE}/refresh`)
    expect(gateway.cloud.journal.list('entra', { grantType: 'refresh_token' })).toHaveLength(5)
    expect(gateway.cloud.journal.list('vault', { operation: 'sign' }).length).toBeLessThanOrEqual(1)
  })

  it('finds a certificate that was replaced in the vault at the first refusal', async () => {
    await replaceCertificate()
    expect((await gateway.api('POST', `/api/accounts/${ADELE}/refresh`)).status).toBe(200)
  })

  it('blames the operator when Entra does not know the certificate, and changes no account', async () => {
    gateway.cloud.entra.registrations.update(CLIENT_ID, { certificates: [(await makeCertificate()).certificatePem] })
    const { status, body } = await gateway.api('POST', `/api/accounts/${ADELE}/refresh`)
    expect(status).toBe(502)
    expect(body).toMatchObject({ code: 'provider_unhealthy', action: 'operator', upstream: { code: 'AADSTS700027' } })
    expect((await gateway.api('GET', `/api/accounts/${ADELE}`)).body.status).toBe('connected')
  })
})

describe('the managed identity as federated credential', () => {
  it('signs in, refreshes and reads mail with no secret and no certificate at all', async () => {
    const gateway = await startGateway({ settings: { ...ORGANIZATIONS, ENTRA_CREDENTIAL: 'managedIdentity' } })
    gateway.cloud.entra.registrations.update(CLIENT_ID, { secrets: [], certificates: [] })
    await signsInAndRefreshes(gateway)
    expect(credentialsUsed(gateway)).toEqual(new Set(['federated']))
    await gateway.close()
  })

  it('is refused at start where Microsoft does not take it', async () => {
    const settings = { ENTRA_AUDIENCE: 'common', ENTRA_CREDENTIAL: 'managedIdentity' }
    await expect(startGateway({ settings })).rejects.toThrow(
      /ENTRA_AUDIENCE \(Entra refuses a client assertion made for "common"/,
    )
  })
})
