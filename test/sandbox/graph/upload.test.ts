import { randomBytes } from 'node:crypto'

import { FileUpload, LargeFileUploadTask } from '@microsoft/microsoft-graph-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { clockOffset, installClock, removeClock, setClockOffset } from '../../../sandbox/clock.ts'
import { errorCode, type GraphFixture, messageTo, startGraphFixture } from './graph-fixture.ts'

let fixture: GraphFixture
beforeAll(async () => {
  installClock()
  fixture = await startGraphFixture()
})
afterAll(async () => {
  await fixture.close()
  removeClock()
})

const MB = 1024 * 1024
const makeDraft = async () =>
  (
    await fixture
      .client('adele')
      .api('/me/messages')
      .post(messageTo(['ben@contoso.test']))
  ).id
const open = (draft: string, size: number) =>
  fixture.call('adele', 'POST', `/me/messages/${draft}/attachments/createUploadSession`, {
    AttachmentItem: { attachmentType: 'file', name: 'large.bin', size, contentType: 'application/x-large' },
  })
const openUrl = async (draft: string, size: number): Promise<string> => (await (await open(draft, size)).json()).uploadUrl
const put = (url: string, bytes: Buffer, start: number, total: number, headers: Record<string, string> = {}) =>
  fixture.call(undefined, 'PUT', url, bytes, {
    'content-range': `bytes ${start}-${start + bytes.length - 1}/${total}`,
    ...headers,
  })

describe('An upload session', () => {
  it('takes a large file from the official client, byte for byte, and the mail that carries it.', async () => {
    const draft = await makeDraft()
    const bytes = randomBytes(7 * MB + 13)
    const session = await (await open(draft, bytes.length)).json()
    const task = new LargeFileUploadTask(
      fixture.anonymousClient(),
      new FileUpload(new Blob([bytes]), 'large.bin', bytes.length),
      { url: session.uploadUrl, expiry: new Date(session.expirationDateTime) },
      { rangeSize: 2 * MB },
    )
    const result = await task.upload()
    expect(result.location).toMatch(/\/attachments\/AA[\w=-]+$/)

    await fixture.client('adele').api(`/me/messages/${draft}/send`).post(null)
    const [copy] = fixture.graph.messagesOf('ben@contoso.test')
    const path = `/me/messages/${copy?.id}/attachments/${copy?.attachments[0]?.id}/$value`
    const got = Buffer.from(await (await fixture.call('ben', 'GET', path)).arrayBuffer())
    expect(got.equals(bytes)).toBe(true)
    expect(copy?.attachments[0]).toMatchObject({ name: 'large.bin', contentType: 'application/x-large' })
  })

  it('demands order, and says what it expects next.', async () => {
    const total = 6 * MB
    const url = await openUrl(await makeDraft(), total)
    const part = Buffer.alloc(2 * MB, 1)
    expect((await put(url, part, 2 * MB, total)).status).toBe(416)
    const first = await put(url, part, 0, total)
    expect([first.status, (await first.json()).NextExpectedRanges]).toEqual([200, [String(2 * MB)]])
    expect((await put(url, part, 0, total)).status).toBe(416)
    expect((await (await fixture.call(undefined, 'GET', url)).json()).nextExpectedRanges).toEqual([String(2 * MB)])
  })

  it('refuses a range that does not fit its bytes or the file.', async () => {
    const total = 4 * MB
    const url = await openUrl(await makeDraft(), total)
    const ranges = [`bytes 0-9/${total}`, `bytes 0-3/${total + 1}`, 'bytes 0-3', '']
    for (const range of ranges) {
      const response = await fixture.call(undefined, 'PUT', url, Buffer.alloc(4), { 'content-range': range })
      expect(response.status, range).toBe(400)
    }
    expect((await put(url, Buffer.alloc(4 * MB + 1), 0, 4 * MB + 1)).status).toBe(413)
  })

  it('wants no token, and no one without its secret.', async () => {
    const url = await openUrl(await makeDraft(), 4 * MB)
    expect((await put(url, Buffer.alloc(8), 0, 4 * MB, { authorization: 'Bearer adele' })).status).toBe(401)
    expect((await put(url.replace(/.$/, '!'), Buffer.alloc(8), 0, 4 * MB)).status).toBe(404)
    const secret = new URL(url).searchParams.get('authtoken') ?? 'none'
    expect(JSON.stringify(fixture.journal.list('graph'))).not.toContain(secret)
  })

  it('ends by DELETE, and an hour after the last part.', async () => {
    const cancelled = await openUrl(await makeDraft(), 4 * MB)
    expect((await fixture.call(undefined, 'DELETE', cancelled)).status).toBe(204)
    expect((await put(cancelled, Buffer.alloc(8), 0, 4 * MB)).status).toBe(404)

    const url = await openUrl(await makeDraft(), 4 * MB)
    setClockOffset(clockOffset() + 59 * 60_000)
    expect((await put(url, Buffer.alloc(8), 0, 4 * MB)).status).toBe(200)
    setClockOffset(clockOffset() + 59 * 60_000)
    expect((await put(url, Buffer.alloc(8), 8, 4 * MB)).status).toBe(200)
    setClockOffset(clockOffset() + 61 * 60_000)
    expect((await put(url, Buffer.alloc(8), 16, 4 * MB)).status).toBe(404)
  })

  it.each([
    [1000, 400, 'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize'],
    [151 * MB, 413, 'ErrorAttachmentSizeLimitExceeded'],
  ])('is not opened for %i bytes.', async (size, status, code) => {
    const response = await open(await makeDraft(), size)
    expect([response.status, await errorCode(response)]).toEqual([status, code])
  })

  it('stops at the mailbox’s message size, and so does sending.', async () => {
    const draft = await makeDraft()
    const total = 4 * MB
    fixture.graph.setMessageSizeLimit(3 * MB)
    const url = await openUrl(draft, total)
    expect((await put(url, Buffer.alloc(2 * MB), 0, total)).status).toBe(200)
    const over = await put(url, Buffer.alloc(2 * MB), 2 * MB, total)
    expect([over.status, await errorCode(over)]).toEqual([413, 'ErrorMessageSizeExceeded'])

    fixture.graph.setMessageSizeLimit(5 * MB)
    expect((await put(url, Buffer.alloc(2 * MB), 2 * MB, total)).status).toBe(201)
    // 4 MB fit, their Base64 does not.
    const response = await fixture.call('adele', 'POST', `/me/messages/${draft}/send`)
    expect([response.status, await errorCode(response)]).toEqual([413, 'ErrorMessageSizeExceeded'])
  })
})
