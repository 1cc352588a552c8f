import { createHash } from 'node:crypto'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { generatedBytes } from '../../../sandbox/graph/store/generated.ts'
import { listAttachments, openAttachment } from '../../../shared/mail/attachments.ts'
import { listMessages } from '../../../shared/mail/messages.ts'
import { ADELE, type MailFixture, mailboxOf, startMailFixture } from './mail-fixture.ts'

let fixture: MailFixture
beforeAll(async () => {
  fixture = await startMailFixture()
})
afterAll(() => fixture.close())
beforeEach(() => {
  fixture.faults.clear()
  fixture.journal.clear()
})

const adele = mailboxOf('adele')
const MEGABYTE = 1024 * 1024
const VALUE = '/\\$value$'

function sha256(chunks: Iterable<Uint8Array>) {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

/** Reads a stream as a client would; answers the length and hash of what came, and whether it ended well. */
async function drain(body: ReadableStream<Uint8Array>) {
  const hash = createHash('sha256')
  let [length, error] = [0, undefined as unknown]
  try {
    for await (const chunk of body) {
      hash.update(chunk)
      length += chunk.length
    }
  } catch (thrown) {
    error = thrown
  }
  return { length, sha256: hash.digest('hex'), error }
}

function bigFile(bytes: number, name = 'big.bin') {
  const file = fixture.graph.addAttachmentMessage(ADELE, { name, contentType: 'application/x-test', bytes })
  return { ...file, expected: { length: bytes, sha256: sha256(generatedBytes(file.seed, bytes)), error: undefined } }
}
const open = (file: { immutableId: string; attachmentId: string }) =>
  openAttachment(fixture.mail, adele, file.immutableId, file.attachmentId)
const requests = () => fixture.journal.list('graph', { operation: 'getAttachmentContent' })
const cut = (cutAfterBytes: number, times?: number) =>
  fixture.faults.add({ service: 'graph', match: { path: VALUE }, cutAfterBytes, times })

describe('the attachments of a message', () => {
  it('are listed with their kinds and without their bytes', async () => {
    const kinds = ['file', 'inline', 'item', 'reference'] as const
    const [id] = fixture.graph.seedMessages(ADELE, 1, { start: '2026-03-01T08:00:00Z', spacing: 0, attachments: [...kinds] })
    const attachments = await listAttachments(fixture.mail, adele, id as string)
    expect(attachments).toMatchObject([
      { kind: 'file', filename: 'file-0.txt', contentType: 'text/plain', inline: false },
      { kind: 'file', filename: 'image-0.png', inline: true, cid: 'image-0' },
      { kind: 'item', filename: 'Item 0', contentType: 'message/rfc822' },
      { kind: 'reference', filename: 'Link 0' },
    ])
    expect(JSON.stringify(attachments)).not.toContain('contentBytes')
  })

  it('that is a link has no content here', async () => {
    const [id] = fixture.graph.seedMessages(ADELE, 1, { start: '2026-03-01T08:00:00Z', spacing: 0, attachments: ['reference'] })
    const [link] = await listAttachments(fixture.mail, adele, id as string)
    await expect(openAttachment(fixture.mail, adele, id as string, link?.id ?? '')).rejects.toMatchObject({ code: 'unsupported' })
  })

  it('that is an item is read as a message, with its exact length', async () => {
    const [id] = fixture.graph.seedMessages(ADELE, 1, { start: '2026-03-01T08:00:00Z', spacing: 0, attachments: ['item'] })
    const [item] = await listAttachments(fixture.mail, adele, id as string)
    const content = await openAttachment(fixture.mail, adele, id as string, item?.id ?? '')
    expect(content).toMatchObject({ filename: 'Item 0.eml', contentType: 'message/rfc822' })
    const text = await new Response(content.body).text()
    expect(text).toContain('Item 0.')
    expect(Buffer.byteLength(text)).toBe(content.size)
  })

  it('that does not exist is not found', async () => {
    const { immutableId, attachmentId } = bigFile(10)
    const unknown = `${attachmentId.slice(0, -6)}zzAAA=`
    await expect(open({ immutableId, attachmentId: unknown })).rejects.toMatchObject({ code: 'not_found' })
    await expect(open({ immutableId: '..', attachmentId })).rejects.toMatchObject({ code: 'not_found' })
    await expect(open({ immutableId, attachmentId: 'a/../b' })).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('the content of an attachment', () => {
  it.each([0, 1, 65_536, 3 * MEGABYTE + 7])('of %i bytes comes byte for byte, with the length announced', async (bytes) => {
    const file = bigFile(bytes)
    const content = await open(file)
    expect(content).toMatchObject({ filename: 'big.bin', contentType: 'application/x-test', size: bytes })
    expect(await drain(content.body)).toEqual(file.expected)
  })

  it('has a content type that a header can carry, whatever its sender called it', async () => {
    const contentType = 'image/png; name="файл.png"\r\nSet-Cookie: a=b'
    const file = fixture.graph.addAttachmentMessage(ADELE, { name: 'a.png', contentType: 'image/png', bytes: 10 })
    const path = `/attachments/[^/]+$`
    const body = JSON.stringify({ '@odata.type': '#microsoft.graph.fileAttachment', id: 'a', name: 'a.png', contentType })
    fixture.faults.add({ service: 'graph', match: { path }, answer: { status: 200, body }, times: 1 })
    const content = await open(file)
    expect(content.contentType).toBe('image/png')
    await content.body.cancel()
  })

  it('is pulled as it is read: what nobody reads is not held in memory', async () => {
    const file = bigFile(64 * MEGABYTE)
    const before = process.memoryUsage().arrayBuffers
    const { body } = await open(file)
    const reader = body.getReader()
    await reader.read()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MEGABYTE)
    await reader.cancel()
  })

  it.each([[[1_000_000]], [[0, 500_000]], [[700_000, 900_000, 1_100_000]]])(
    'survives connections that break after %j bytes',
    async (cuts) => {
      const file = bigFile(2 * MEGABYTE)
      for (const bytes of cuts) cut(bytes, 1)
      const content = await open(file)
      expect(content.size).toBe(2 * MEGABYTE)
      expect(await drain(content.body)).toEqual(file.expected)
      expect(requests()).toHaveLength(cuts.length + 1)
    },
  )

  it('breaks only after three resumptions failed, with no wrong byte before', async () => {
    const file = bigFile(2 * MEGABYTE)
    cut(300_000)
    const { body } = await open(file)
    const { length, sha256: hash, error } = await drain(body)
    expect(error).toMatchObject({ code: 'upstream_unavailable' })
    expect(length).toBeLessThanOrEqual(300_000)
    expect(hash).toBe(sha256(generatedBytes(file.seed, length)))
    expect(requests()).toHaveLength(4)
  })

  it('resumes after Graph answered 503 to the resumption', async () => {
    const file = bigFile(MEGABYTE)
    cut(200_000, 1)
    fixture.faults.add({ service: 'graph', match: { path: VALUE }, answer: { status: 503 }, times: 1 })
    expect(await drain((await open(file)).body)).toEqual(file.expected)
  })

  it('ends when the attachment disappears in between, rather than going on with something else', async () => {
    const file = bigFile(MEGABYTE)
    cut(200_000, 1)
    const { body } = await open(file)
    await fixture.call('adele', 'DELETE', `/me/messages/${file.immutableId}`)
    expect((await drain(body)).error).toMatchObject({ code: 'not_found' })
  })

  it('holds one of the mailbox’s four places until it was read or given up', async () => {
    const files = Array.from({ length: 4 }, (_, index) => bigFile(2 * MEGABYTE, `${index}.bin`))
    const opened = []
    for (const file of files) opened.push(await open(file))
    let listed = false
    const list = listMessages(fixture.mail, adele, { folder: 'inbox', limit: 1, body: 'none' }).then((page) => {
      listed = true
      return page
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(listed).toBe(false)
    await opened[0]?.body.cancel()
    expect((await list).items).toHaveLength(1)
    for (const [index, { body }] of opened.entries()) if (index > 0) expect(await drain(body)).toEqual(files[index]?.expected)
    expect(fixture.journal.list('graph').every(({ status }) => status === 200)).toBe(true)
  })
})
