import { createHash } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { generatedBytes } from '../../../sandbox/graph/store/generated.ts'
import { base64, errorCode, type GraphFixture, messageTo, startGraphFixture } from './graph-fixture.ts'

let fixture: GraphFixture
beforeAll(async () => {
  fixture = await startGraphFixture()
})
afterAll(() => fixture.close())

const makeDraft = async () =>
  (
    await fixture
      .client('adele')
      .api('/me/messages')
      .post(messageTo(['ben@contoso.test']))
  ).id

describe('Attachments', () => {
  it('are listed by kind, inline ones apart, and only what was selected.', async () => {
    const kinds = ['file', 'inline', 'item', 'reference'] as const
    const [id] = fixture.graph.seedMessages('adele@contoso.test', 1, { start: '2026-01-01', spacing: 0, attachments: [...kinds] })
    const all = await fixture.client('adele').api(`/me/messages/${id}/attachments`).get()
    expect(all.value).toMatchObject([
      { '@odata.type': '#microsoft.graph.fileAttachment', name: 'file-0.txt', contentBytes: base64('Content of attachment 0.') },
      { '@odata.type': '#microsoft.graph.fileAttachment', isInline: true, contentId: 'image-0' },
      { '@odata.type': '#microsoft.graph.itemAttachment' },
      { '@odata.type': '#microsoft.graph.referenceAttachment' },
    ])
    const select = 'name,microsoft.graph.fileAttachment/contentId'
    const some = await fixture.client('adele').api(`/me/messages/${id}/attachments`).select(select).get()
    expect(Object.keys(some.value[1]).filter((name) => !name.startsWith('@'))).toEqual(['id', 'name', 'contentId'])
    const bare = await fixture.call('adele', 'GET', `/me/messages/${id}/attachments?$select=contentId`)
    expect(bare.status).toBe(400)

    const value = (index: number) => fixture.call('adele', 'GET', `/me/messages/${id}/attachments/${all.value[index].id}/$value`)
    expect(await (await value(0)).text()).toBe('Content of attachment 0.')
    expect(await (await value(2)).text()).toContain('Subject: Item 0')
    expect((await value(3)).status).toBe(405)
  })

  it('have a size that is not the length of their content.', async () => {
    const id = await makeDraft()
    const file = { '@odata.type': '#microsoft.graph.fileAttachment', name: 'a.txt', contentBytes: base64('12345') }
    const attachment = await fixture.client('adele').api(`/me/messages/${id}/attachments`).post(file)
    expect(attachment.size).toBeGreaterThan(5)
    const content = await fixture.call('adele', 'GET', `/me/messages/${id}/attachments/${attachment.id}/$value`)
    expect(content.headers.get('content-length')).toBe('5')
    await fixture.client('adele').api(`/me/messages/${id}/attachments/${attachment.id}`).delete()
    expect((await fixture.client('adele').api(`/me/messages/${id}`).get()).hasAttachments).toBe(false)
  })

  it('of 3 MB are refused in one request.', async () => {
    const file = {
      '@odata.type': '#microsoft.graph.fileAttachment',
      name: 'a.bin',
      contentBytes: base64(Buffer.alloc(3 * 1024 * 1024)),
    }
    const response = await fixture.call('adele', 'POST', `/me/messages/${await makeDraft()}/attachments`, file)
    // In Base64 it is above the limit of a request already.
    expect([response.status, await errorCode(response)]).toEqual([413, 'RequestEntityTooLarge'])
  })

  it('of 100 MB are generated as they are read, the same bytes each time.', async () => {
    const file = { name: 'large.bin', contentType: 'application/octet-stream', bytes: 100 * 1024 * 1024 }
    const { messageId, attachmentId, seed } = fixture.graph.addAttachmentMessage('adele@contoso.test', file)
    const response = await fixture.call('adele', 'GET', `/me/messages/${messageId}/attachments/${attachmentId}/$value`)
    expect(response.headers.get('content-length')).toBe(String(file.bytes))
    const [got, wanted] = [createHash('sha256'), createHash('sha256')]
    for await (const chunk of response.body ?? []) got.update(chunk)
    for (const chunk of generatedBytes(seed, file.bytes)) wanted.update(chunk)
    expect(got.digest('hex')).toBe(wanted.digest('hex'))
  })

  it('break off where a fault says, with the length of the whole announced.', async () => {
    const file = { name: 'cut.bin', contentType: 'application/octet-stream', bytes: 500_000 }
    const { messageId, attachmentId, seed } = fixture.graph.addAttachmentMessage('adele@contoso.test', file)
    fixture.faults.add({
      service: 'graph',
      cutAfterBytes: 200_000,
      times: 1,
      match: { facts: { operation: 'getAttachmentContent' } },
    })
    const response = await fixture.call('adele', 'GET', `/me/messages/${messageId}/attachments/${attachmentId}/$value`)
    expect(response.headers.get('content-length')).toBe('500000')
    const got: Uint8Array[] = []
    const read = async () => {
      for await (const chunk of response.body ?? []) got.push(chunk)
    }
    await expect(read()).rejects.toThrow()
    const [part, whole] = [Buffer.concat(got), Buffer.concat([...generatedBytes(seed, file.bytes)])]
    expect(part.length).toBeLessThanOrEqual(200_000)
    expect(part.equals(whole.subarray(0, part.length))).toBe(true)
  })
})
