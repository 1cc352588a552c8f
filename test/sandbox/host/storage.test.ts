import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'

import { QueueServiceClient } from '@azure/storage-queue'
import { expect, onTestFinished, test } from 'vitest'

import { startAzurite } from '../../../sandbox/azurite.ts'
import { openCertificates } from '../../../sandbox/certificates.ts'
import { Faults } from '../../../sandbox/faults.ts'
import { startIdentity } from '../../../sandbox/identity/start.ts'
import { Journal } from '../../../sandbox/journal.ts'
import { runHost } from './run-host.ts'

const CLIENT_ID = '11111111-0000-4000-8000-000000000001'
const HEADER = 'identity-header'

/** Azurite looks at the claims of a token and not at its signature. */
function tokenFor(resource: string) {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: 'https://sts.windows.net/contoso/', aud: resource, iat: now, nbf: now - 60, exp: now + 3600 }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return { token: `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.x`, expiresOn: new Date(claims.exp * 1000) }
}

test('queues and leases are reached with the managed identity when there is no connection string', async () => {
  const certificates = await openCertificates()
  const azurite = await startAzurite({ tls: certificates.server, oauth: true })
  const journal = new Journal()
  const identity = await startIdentity({
    journal,
    faults: new Faults(),
    header: HEADER,
    clientId: CLIENT_ID,
    issue: tokenFor,
  })
  const folder = mkdtempSync(join(tmpdir(), 'host-test-'))
  onTestFinished(async () => {
    await azurite.close()
    await identity.close()
    rmSync(folder, { recursive: true })
  })
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, certificates.ca)
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificates.ca])

  const settings = {
    AzureWebJobsStorage__queueServiceUri: azurite.queueUrl,
    AzureWebJobsStorage__blobServiceUri: azurite.blobUrl,
    AzureWebJobsStorage__credential: 'managedidentity',
    AzureWebJobsStorage__clientId: CLIENT_ID,
    IDENTITY_ENDPOINT: identity.endpoint,
    IDENTITY_HEADER: HEADER,
    WORK_QUEUE: 'work',
    TICK_SCHEDULE: '0 */5 * * * *',
    AzureFunctionsJobHost__extensions__queues__messageEncoding: 'none',
  }
  const queueApp = await runHost('queues', settings, ['--ca', ca])
  await QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient('work').sendMessage('hello')
  expect((await queueApp.steer('/settle')).status).toBe(200)
  expect(await queueApp.get('/api/received')).toMatchObject([{ message: 'hello' }])

  const timerApp = await runHost('timers', settings, ['--ca', ca])
  expect((await timerApp.steer('/timers/tick/run')).status).toBe(200)
  expect(journal.list('identity', { resource: 'https://storage.azure.com' }).length).toBeGreaterThan(0)
})
