import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

import { type RestError, TableClient, type TransactionAction } from '@azure/data-tables'
import { ManagedIdentityCredential, type TokenCredential } from '@azure/identity'
import { BlobServiceClient } from '@azure/storage-blob'
import { QueueServiceClient } from '@azure/storage-queue'
import { UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { type Azurite, startAzurite } from '../../sandbox/azurite.ts'
import { openCertificates } from '../../sandbox/certificates.ts'
import { Faults } from '../../sandbox/faults.ts'
import { type IdentityStandIn, startIdentity } from '../../sandbox/identity/start.ts'
import { Journal } from '../../sandbox/journal.ts'
import { MANAGED_IDENTITY } from '../../sandbox/people.ts'

async function answered(work: Promise<unknown>): Promise<{ status?: number; code?: string }> {
  const error = await work.then(
    () => expect.fail('The request was accepted.'),
    (error: RestError) => error,
  )
  const details = error.details as { odataError?: { code?: string } } | undefined
  return { status: error.statusCode, code: details?.odataError?.code ?? error.code }
}

async function sendAndReceive(service: QueueServiceClient, name: string): Promise<string[]> {
  const queue = service.getQueueClient(name)
  await queue.create()
  await queue.sendMessage('hello')
  const { receivedMessageItems } = await queue.receiveMessages()
  return receivedMessageItems.map((item) => item.messageText)
}

async function writeAndRead(service: BlobServiceClient, name: string): Promise<string> {
  const container = service.getContainerClient(name)
  await container.create()
  const blob = container.getBlockBlobClient('greeting')
  await blob.upload('hello', 5)
  return (await blob.downloadToBuffer()).toString()
}

describe('storage in memory, by connection string', () => {
  let azurite: Azurite
  let table: TableClient
  beforeAll(async () => {
    azurite = await startAzurite()
    table = TableClient.fromConnectionString(azurite.connectionString, 'rows', { allowInsecureConnection: true })
    await table.createTable()
  })
  afterAll(() => azurite.close())

  it('refuses a stale ETag with 412 and keeps the newer row', async () => {
    const created = await table.createEntity({ partitionKey: 'p', rowKey: 'cas', n: 1 })
    await table.updateEntity({ partitionKey: 'p', rowKey: 'cas', n: 2 }, 'Replace', { etag: created.etag })

    const stale = table.updateEntity({ partitionKey: 'p', rowKey: 'cas', n: 3 }, 'Replace', { etag: created.etag })

    expect(await answered(stale)).toEqual({ status: 412, code: 'UpdateConditionNotSatisfied' })
    expect(await table.getEntity('p', 'cas')).toMatchObject({ n: 2 })
  })

  it('does an entity group transaction as one, or not at all', async () => {
    await table.createEntity({ partitionKey: 'p', rowKey: 'taken' })
    const create = (rowKey: string): TransactionAction => ['create', { partitionKey: 'p', rowKey }]

    expect(await answered(table.submitTransaction([create('new'), create('taken')]))).toMatchObject({ status: 409 })
    expect(await answered(table.getEntity('p', 'new'))).toMatchObject({ status: 404 })

    await table.submitTransaction([create('new'), ['delete', { partitionKey: 'p', rowKey: 'taken' }]])
    expect(await table.getEntity('p', 'new')).toMatchObject({ rowKey: 'new' })
    expect(await answered(table.getEntity('p', 'taken'))).toMatchObject({ status: 404 })
  })

  it('carries queue messages and blobs', async () => {
    expect(await sendAndReceive(QueueServiceClient.fromConnectionString(azurite.connectionString), 'work')).toEqual(['hello'])
    expect(await writeAndRead(BlobServiceClient.fromConnectionString(azurite.connectionString), 'files')).toBe('hello')
  })
})

describe('storage over TLS', () => {
  let azurite: Azurite
  let identity: IdentityStandIn
  let credential: TokenCredential
  let issuer = `https://sts.windows.net/${MANAGED_IDENTITY.tenantId}/`

  const issue = (resource: string) => {
    const expiresOn = new Date(Date.now() + 3_600_000)
    const token = new UnsecuredJWT({ oid: MANAGED_IDENTITY.principalId })
      .setIssuer(issuer)
      .setAudience(resource)
      .setIssuedAt()
      .setNotBefore('-1m')
      .setExpirationTime(expiresOn)
      .encode()
    return { token, expiresOn }
  }

  beforeAll(async () => {
    const { ca, server } = await openCertificates()
    setDefaultCACertificates([...getCACertificates('default'), ca])
    azurite = await startAzurite({ tls: server, oauth: true })
    const { clientId } = MANAGED_IDENTITY
    identity = await startIdentity({ journal: new Journal(), faults: new Faults(), header: 'header', clientId, issue })
    vi.stubEnv('IDENTITY_ENDPOINT', identity.endpoint)
    vi.stubEnv('IDENTITY_HEADER', 'header')
    credential = new ManagedIdentityCredential({ clientId })
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await Promise.all([azurite.close(), identity.close()])
  })

  it('accepts the managed identity for tables, queues and blobs', async () => {
    const table = new TableClient(azurite.tableUrl, 'rows', credential)
    await table.createTable()
    await table.createEntity({ partitionKey: 'p', rowKey: 'r', n: 1 })

    expect(await table.getEntity('p', 'r')).toMatchObject({ n: 1 })
    expect(await sendAndReceive(new QueueServiceClient(azurite.queueUrl, credential), 'work')).toEqual(['hello'])
    expect(await writeAndRead(new BlobServiceClient(azurite.blobUrl, credential), 'files')).toBe('hello')
  })

  it('accepts the shared key beside it', async () => {
    const table = TableClient.fromConnectionString(azurite.connectionString, 'shared')
    await table.createTable()
    await table.createEntity({ partitionKey: 'p', rowKey: 'r', n: 2 })

    expect(await table.getEntity('p', 'r')).toMatchObject({ n: 2 })
    expect(await sendAndReceive(QueueServiceClient.fromConnectionString(azurite.connectionString), 'shared')).toEqual(['hello'])
    expect(await writeAndRead(BlobServiceClient.fromConnectionString(azurite.connectionString), 'shared')).toBe('hello')
  })

  it('refuses a token for another audience or from another issuer', async () => {
    const using = (token: string) =>
      new TableClient(azurite.tableUrl, 'rows', { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 60_000 }) })

    await expect(using(issue('https://vault.azure.net').token).getEntity('p', 'r')).rejects.toThrow('Invalid token audience')
    issuer = 'https://login.microsoftonline.com/elsewhere/v2.0'
    await expect(using(issue('https://storage.azure.com').token).getEntity('p', 'r')).rejects.toThrow('Invalid token issuer')
  })

  it('does not start with identity tokens in clear', async () => {
    await expect(startAzurite({ oauth: true })).rejects.toThrow('over TLS only')
  })
})

describe('storage in a folder', () => {
  it('finds rows, messages and blobs again after close and start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'azurite-'))
    const insecure = { allowInsecureConnection: true }
    const first = await startAzurite({ folder })
    const table = TableClient.fromConnectionString(first.connectionString, 'rows', insecure)
    await table.createTable()
    await table.createEntity({ partitionKey: 'p', rowKey: 'r', n: 7 })
    await sendAndReceive(QueueServiceClient.fromConnectionString(first.connectionString), 'work')
    await writeAndRead(BlobServiceClient.fromConnectionString(first.connectionString), 'files')
    await first.close()

    const second = await startAzurite({ folder })
    const row = await TableClient.fromConnectionString(second.connectionString, 'rows', insecure).getEntity('p', 'r')
    const queue = QueueServiceClient.fromConnectionString(second.connectionString).getQueueClient('work')
    const blob = BlobServiceClient.fromConnectionString(second.connectionString)
      .getContainerClient('files')
      .getBlobClient('greeting')

    expect(row).toMatchObject({ n: 7 })
    expect((await queue.getProperties()).approximateMessagesCount).toBe(1)
    expect((await blob.downloadToBuffer()).toString()).toBe('hello')
    await second.close()
    await rm(folder, { recursive: true })
  })
})
