import { randomUUID } from 'node:crypto'

import { QueueServiceClient } from '@azure/storage-queue'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type Azurite, startAzurite } from '../../../sandbox/azurite.ts'
import { type HostRun, runHost } from './run-host.ts'

interface Received {
  message: unknown
  metadata: Record<string, unknown>
}

let azurite: Azurite
beforeAll(async () => {
  azurite = await startAzurite()
})
afterAll(() => azurite.close())

/** A host of the queue app with a queue of its own. */
async function startQueueApp(settings: Record<string, string> = {}) {
  const name = `work-${randomUUID()}`
  const storage = { AzureWebJobsStorage: azurite.connectionString, WORK_QUEUE: name }
  const host = await runHost('queues', { ...storage, ...settings })
  const service = QueueServiceClient.fromConnectionString(azurite.connectionString)
  const queue = service.getQueueClient(name)
  const poison = service.getQueueClient(`${name}-poison`)
  const received = () => host.get<Received[]>('/api/received')
  const settle = async () => expect((await host.steer('/settle')).status).toBe(200)
  const poisoned = async () =>
    (await poison.peekMessages({ numberOfMessages: 32 })).peekedMessageItems.map((item) => item.messageText)
  const left = async () => (await queue.getProperties()).approximateMessagesCount
  return { host, queue, received, settle, poisoned, left }
}

const PLAIN = { AzureFunctionsJobHost__extensions__queues__messageEncoding: 'none' }

/** Resolves when so many messages are being worked on. */
async function heldAre(host: HostRun, count: number): Promise<void> {
  while ((await host.get<number>('/api/held')) !== count);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

describe('a queue function', () => {
  test('gets the decoded message, JSON parsed, with what the host knows of it', async () => {
    const { queue, received, settle, left } = await startQueueApp()
    const text = JSON.stringify({ Account: 'a1', urgent: true, on: '2024-01-01T00:00:00Z', nested: { Deep: 1 }, list: [1] })
    const { messageId } = await queue.sendMessage(base64(text))
    await settle()
    const [first, ...more] = await received()
    expect(more).toEqual([])
    expect(first!.message).toEqual(JSON.parse(text))
    expect(first!.metadata).toMatchObject({
      dequeueCount: 1,
      id: messageId,
      popReceipt: expect.any(String),
      insertionTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/),
      account: 'a1',
      urgent: 'True',
      on: '01/01/2024 00:00:00',
      nested: { deep: 1 },
    })
    expect(first!.metadata).not.toHaveProperty('list')
    expect(await left()).toBe(0)
  })

  test('never sees text that is not base64: it goes to the poison queue', async () => {
    const { queue, received, settle, poisoned, left } = await startQueueApp()
    await queue.sendMessage('plain text, as @azure/storage-queue sends it')
    await settle()
    expect(await poisoned()).toEqual(['plain text, as @azure/storage-queue sends it'])
    expect(await received()).toEqual([])
    expect(await left()).toBe(0)
  })

  test('gets plain text when host.json says so', async () => {
    const { queue, received, settle } = await startQueueApp(PLAIN)
    await queue.sendMessage('plain text')
    await settle()
    expect((await received()).map(({ message }) => message)).toEqual(['plain text'])
  })

  test('gets a message that it refused again, until it takes it', async () => {
    const { host, queue, received, settle, poisoned, left } = await startQueueApp(PLAIN)
    await queue.sendMessage(JSON.stringify({ fails: 2 }))
    await settle()
    expect((await received()).map(({ metadata }) => metadata.dequeueCount)).toEqual([1, 2, 3])
    expect(await poisoned().catch(() => [])).toEqual([])
    expect(await left()).toBe(0)
    await host.logged('error Function.work the message was refused')
  })

  test('loses a message to the poison queue after five attempts', async () => {
    const { queue, received, settle, poisoned, left } = await startQueueApp(PLAIN)
    await queue.sendMessage('fails')
    await settle()
    expect(await received()).toHaveLength(5)
    expect(await poisoned()).toEqual(['fails'])
    expect(await left()).toBe(0)
  })

  test('gets every one of many messages once', async () => {
    const { queue, received, settle } = await startQueueApp(PLAIN)
    const names = Array.from({ length: 60 }, (_, index) => `m${index}`)
    await Promise.all(names.map((name) => queue.sendMessage(name)))
    await settle()
    expect((await received()).map(({ message }) => message).sort()).toEqual(names.sort())
  })

  test('works on 16 messages, and on the next batch when 8 are left', async () => {
    const { host, queue, settle, received } = await startQueueApp(PLAIN)
    await settle()
    await Promise.all(Array.from({ length: 30 }, () => queue.sendMessage('held')))
    await heldAre(host, 16)
    await host.get('/api/release?count=7')
    expect((await queue.peekMessages({ numberOfMessages: 32 })).peekedMessageItems).toHaveLength(14)
    await host.get('/api/release?count=1')
    await heldAre(host, 8 + 14)
    await host.get('/api/release?count=22')
    await settle()
    expect(await received()).toHaveLength(30)
  })

  test('has a message hidden from others while it works on it, and when its host was killed', async () => {
    const { host, queue, left } = await startQueueApp(PLAIN)
    await queue.sendMessage('held')
    await heldAre(host, 1)
    await host.kill()
    expect(await left()).toBe(1)
    expect((await queue.receiveMessages()).receivedMessageItems).toEqual([])
  })

  test('does not see a refused message before the visibility timeout of host.json', async () => {
    const timeout = { AzureFunctionsJobHost__extensions__queues__visibilityTimeout: '00:05:00' }
    const { queue, received, settle, left } = await startQueueApp({ ...PLAIN, ...timeout })
    await queue.sendMessage('fails')
    await settle()
    expect(await received()).toHaveLength(1)
    expect(await left()).toBe(1)
  })

  test('is fired by the admin API with a message that is in no queue', async () => {
    const { host, received, settle } = await startQueueApp()
    const init = { method: 'POST', body: JSON.stringify({ input: '{"account":"a1"}' }) }
    expect((await fetch(`${host.url}/admin/functions/work`, init)).status).toBe(202)
    await settle()
    const [first] = await received()
    expect(first!.message).toEqual({ account: 'a1' })
    expect(first!.metadata).toMatchObject({ dequeueCount: 0, insertionTime: '9999-12-31T23:59:59+00:00' })
    expect(first!.metadata).not.toHaveProperty('popReceipt')
  })
})
