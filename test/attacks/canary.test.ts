import { TableClient, TableServiceClient } from '@azure/data-tables'
import { BlobServiceClient } from '@azure/storage-blob'
import { QueueServiceClient } from '@azure/storage-queue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { CLIENT_ID } from '../../sandbox/people.ts'
import { Browser } from '../sandbox/entra/browser.ts'
import { canary, deliver, type Gateway, RETURN_URL, signInThrough, startGateway } from '../support/gateway.ts'

const ADELE = 'adele@contoso.test'
const BODY = canary('mail-body')
let gateway: Gateway
/** Everything that must not be found in clear, by a name that may be shown. */
const secrets = new Map<string, string>()

beforeAll(async () => {
  gateway = await startGateway({ hosts: 2 })
  secrets.set('client secret', gateway.cloud.entra.registrations.get(CLIENT_ID)?.secrets[0]?.value as string)
  secrets.set('identity header', gateway.cloud.identityHeader)
  secrets.set('mail body', BODY)

  const { body } = await gateway.api('POST', '/api/connections', { body: { returnUrl: RETURN_URL, confirm: true } })
  secrets.set('ticket', new URL(body.connectUrl).pathname.split('.').at(-1) as string)
  const browser = new Browser()
  const landing = await signInThrough(browser, body.connectUrl, ADELE)
  secrets.set('authorization code', landing.params.get('code') as string)
  secrets.set('state', landing.params.get('state') as string)
  const back = new URL((await deliver(browser, landing)).headers.get('location') as string)
  const proof = back.searchParams.get('proof') as string
  secrets.set('proof', proof)
  await gateway.api('POST', `/api/connections/${body.id}/confirm`, { body: { proof } })

  await gateway.connect('ben@contoso.test')
  await gateway.connect(ADELE)
  const send = { to: [ADELE, 'ben@contoso.test'], subject: 'canary', text: BODY }
  await gateway.api('POST', `/api/accounts/${ADELE}/send`, { body: send })
  await gateway.api('GET', `/api/accounts/${ADELE}/messages`)
  for (const protocol of [undefined, 'imap', 'smtp']) {
    const answer = await gateway.api('POST', `/api/accounts/${ADELE}/token`, { body: { protocol } })
    secrets.set(`access token ${protocol}`, answer.body.accessToken)
    if (protocol) secrets.set(`xoauth2 ${protocol}`, answer.body.xoauth2.initialResponse)
  }
  await gateway.cloud.hosts.advance(3_600_000)
  await gateway.cloud.hosts.settle()

  // What fails is what gets logged: every kind of refusal once, with secrets in the request.
  await browser.fetch(landing.url)
  await gateway.api('POST', '/api/connections', { body: `{"broken": "${BODY}` })
  await gateway.api('GET', `/api/accounts?code=${canary('host-key')}`, { headers: { authorization: `Bearer ${BODY}` } })
  gateway.cloud.faults.add({ service: 'entra', match: { path: 'token' }, answer: { status: 400, body: '{}' }, times: 1 })
  await gateway.api('POST', `/api/accounts/${ADELE}/refresh`)
  gateway.cloud.faults.add({ service: 'graph', answer: { status: 500, body: BODY }, times: 1 })
  await gateway.api('POST', `/api/accounts/${ADELE}/send`, { body: send })
})
afterAll(() => gateway.close())

/** All rows, messages and blobs as text; binary properties also as they are, since sealing must hide their content. */
async function everythingStored(): Promise<string[]> {
  const { connectionString } = gateway.cloud.azurite
  const options = { allowInsecureConnection: true }
  const found: string[] = []
  const keep = (value: unknown) => {
    if (value instanceof Uint8Array) found.push(Buffer.from(value).toString('latin1'))
    else found.push(String(value))
  }
  for await (const { name } of TableServiceClient.fromConnectionString(connectionString, options).listTables()) {
    const table = TableClient.fromConnectionString(connectionString, name as string, options)
    for await (const row of table.listEntities()) for (const value of Object.values(row)) keep(value)
  }
  const queues = QueueServiceClient.fromConnectionString(connectionString)
  for await (const { name } of queues.listQueues()) {
    const { peekedMessageItems } = await queues.getQueueClient(name).peekMessages({ numberOfMessages: 32 })
    for (const { messageText } of peekedMessageItems) keep(messageText)
  }
  const blobs = BlobServiceClient.fromConnectionString(connectionString)
  for await (const { name } of blobs.listContainers()) {
    const container = blobs.getContainerClient(name)
    for await (const blob of container.listBlobsFlat()) keep(await container.getBlobClient(blob.name).downloadToBuffer())
  }
  return found
}

/** A secret in clear, or in an encoding that hides nothing. */
function forms(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('hex'),
  ]
}

function leaked(texts: string[]): string[] {
  return [...secrets]
    .filter(([, secret]) => forms(secret).some((form) => texts.some((text) => text.includes(form))))
    .map(([name]) => name)
}

describe('canary scan', () => {
  it('knows secrets that are really in use', () => {
    for (const [name, secret] of secrets) expect(secret?.length ?? 0, name).toBeGreaterThan(15)
  })

  it('V1: no token, secret, code, state, proof or body is in any table, queue or blob in clear', async () => {
    const stored = await everythingStored()
    expect(stored.length).toBeGreaterThan(100)
    expect(leaked(stored)).toEqual([])
  })

  it('L1: none is in any line of a log either', () => {
    const lines = gateway.logs()
    expect(lines.split('\n').length).toBeGreaterThan(4)
    expect(leaked([lines])).toEqual([])
    expect(lines).not.toMatch(/eyJ[\w-]{20,}\./)
  })

  it('V1: no access token or refresh token of Entra’s making is stored in clear, whoever it belongs to', async () => {
    expect((await everythingStored()).filter((text) => /eyJ[\w-]{20,}\.[\w-]{20,}/.test(text))).toEqual([])
  })
})
