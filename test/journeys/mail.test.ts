import { createHash, randomBytes } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type Gateway, startGateway } from '../support/gateway.ts'

const ADELE = 'adele@contoso.test'
const BEN = 'ben@contoso.test'
let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway()
  await gateway.connect(ADELE)
  await gateway.connect(BEN)
})
afterAll(() => gateway.close())

const post = (path: string, body: unknown) => gateway.api('POST', path, { body })
const get = async (path: string) => (await gateway.api('GET', path)).body
const sendsAtGraph = () => gateway.cloud.journal.list('graph', { operation: 'sendMail' }).length

describe('the main job', () => {
  it('Adele sends Ben a mail; Ben’s account lists it and reads it', async () => {
    const message = { to: [BEN], cc: [{ name: 'Me', address: ADELE }], subject: 'Lunch? 🍜', html: '<p>At <b>noon</b></p>' }
    const sent = await post(`/api/accounts/${ADELE}/send`, message)
    expect(sent).toMatchObject({ status: 200, body: { id: expect.stringMatching(/^snd_/), status: 'sent' } })

    const { items } = await get(`/api/accounts/${BEN}/messages`)
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({ subject: 'Lunch? 🍜', isRead: false, from: { address: ADELE }, to: [{ address: BEN }] })
    const read = await get(`/api/accounts/${BEN}/messages/${items[0].id}`)
    expect(read.html).toContain('<b>noon</b>')
    expect(await get(`/api/accounts/${BEN}/messages/${items[0].id}?body=text`)).toMatchObject({
      text: expect.stringContaining('noon'),
    })
  })

  it('Adele sends an attachment; Ben lists, reads, downloads it byte for byte and moves the mail', async () => {
    const bytes = randomBytes(300_000)
    const filename = 'Rechnung „März“ 📄.pdf'
    const attachments = [{ filename, contentType: 'application/pdf', content: bytes.toString('base64') }]
    await post(`/api/accounts/${ADELE}/send`, { to: [BEN], subject: 'Invoice', text: 'Attached.', attachments })

    const { items } = await get(`/api/accounts/${BEN}/messages?limit=1`)
    expect(items[0]).toMatchObject({ subject: 'Invoice', hasAttachments: true })
    const path = `/api/accounts/${BEN}/messages/${items[0].id}`
    const listed = await get(`${path}/attachments`)
    expect(listed.items).toHaveLength(1)
    expect(listed.items[0]).toMatchObject({ filename, contentType: 'application/pdf', kind: 'file', inline: false })

    const response = await fetch(new URL(`${path}/attachments/${listed.items[0].id}`, gateway.baseUrl))
    expect(response.headers.get('content-length')).toBe(String(bytes.length))
    expect(response.headers.get('content-type')).toBe('application/pdf')
    expect(response.headers.get('content-disposition')).toContain("filename*=UTF-8''Rechnung%20%E2%80%9EM%C3%A4rz")
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)

    const moved = await post(`${path}/move`, { folder: 'archive' })
    expect(moved).toMatchObject({ status: 200, body: { id: items[0].id } })
    expect((await get(`/api/accounts/${BEN}/messages?folder=archive`)).items[0].id).toBe(items[0].id)
    expect((await get(`/api/accounts/${BEN}/messages?limit=1`)).items[0].id).not.toBe(items[0].id)
  })

  it('shows the folders with their counts', async () => {
    const { items } = await get(`/api/accounts/${BEN}/folders`)
    const archive = items.find(({ wellKnownName }: { wellKnownName?: string }) => wellKnownName === 'archive')
    expect(archive).toMatchObject({ total: 1, path: expect.any(String) })
  })
})

describe('paging', () => {
  it('gives every message once while new mail arrives', async () => {
    gateway.cloud.graph.seedMessages(BEN, 40, { start: new Date(Date.now() - 86_400_000), spacing: 0 })
    const before = new Set<string>()
    for (const { id } of (await get(`/api/accounts/${BEN}/messages?limit=100`)).items) before.add(id)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await get(`/api/accounts/${BEN}/messages?limit=7${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...page.items.map(({ id }: { id: string }) => id))
      cursor = page.nextCursor
      await post(`/api/accounts/${ADELE}/send`, { to: [BEN], subject: 'meanwhile', text: 'x' })
    } while (cursor)
    expect(new Set(seen).size).toBe(seen.length)
    for (const id of before) expect(seen).toContain(id)
  })

  it('binds a cursor to its account and list', async () => {
    const { nextCursor } = await get(`/api/accounts/${BEN}/messages?limit=2`)
    expect(nextCursor.length).toBeLessThanOrEqual(200)
    for (const path of [`${ADELE}/messages?cursor=`, `${BEN}/messages?folder=archive&cursor=`]) {
      expect(await gateway.api('GET', `/api/accounts/${path}${nextCursor}`)).toMatchObject({
        status: 400,
        body: { code: 'invalid_request' },
      })
    }
  })

  it('filters unread mail', async () => {
    const { items } = await get(`/api/accounts/${BEN}/messages?unread=true&limit=5`)
    expect(items.every(({ isRead }: { isRead: boolean }) => !isRead)).toBe(true)
  })
})

describe('what is refused, or not known', () => {
  it.each([
    [{ subject: 'x', text: 'y' }, '/to'],
    [{ to: ['not an address'] }, '/to/0'],
    [{ to: [BEN], subject: 'a\r\nBcc: evil@example.com' }, '/subject'],
    [{ to: [BEN], headers: [{ name: 'x-a', value: 'b\r\nc' }] }, '/headers/0/value'],
    [{ to: [BEN], headers: [{ name: 'Reply-To', value: 'b' }] }, '/headers/0/name'],
    [{ to: [BEN], attachments: [{ filename: 'a', content: '???' }] }, '/attachments/0/content'],
    [{ to: [BEN], sujbect: 'x' }, '/sujbect'],
  ])('C7: %j is refused at %s and nothing is sent', async (message, pointer) => {
    const before = sendsAtGraph()
    const { status, body } = await post(`/api/accounts/${ADELE}/send`, message)
    expect(status).toBe(400)
    expect(body.errors[0].pointer).toBe(pointer)
    expect(sendsAtGraph()).toBe(before)
  })

  it('says that the outcome is unknown when Graph accepts and the connection breaks, and does not send again', async () => {
    const before = sendsAtGraph()
    gateway.cloud.faults.add({ service: 'graph', effect: 'acceptThenDrop', times: 1 })
    const { status, body } = await post(`/api/accounts/${ADELE}/send`, { to: [BEN], subject: 'once', text: 'x' })
    expect(status).toBe(409)
    expect(body).toMatchObject({ code: 'outcome_unknown' })
    expect(sendsAtGraph()).toBe(before + 1)
    const { items } = await get(`/api/accounts/${BEN}/messages?limit=20`)
    expect(items.filter(({ subject }: { subject: string }) => subject === 'once')).toHaveLength(1)
  })

  it('a message that is larger than one request is refused before anything is sent', async () => {
    const attachments = [{ filename: 'big', content: Buffer.alloc(2_900_000).toString('base64') }]
    const { status, body } = await post(`/api/accounts/${ADELE}/send`, { to: [BEN], attachments })
    expect(status).toBe(413)
    expect(body).toMatchObject({ code: 'payload_too_large', limit: 3_500_000 })
  })

  it.each(['x', '..%2f..%2fusers', 'AAMk%00', '%E0%A4%A'])('an id that cannot be one (%s) never reaches Graph', async (id) => {
    gateway.cloud.journal.clear()
    const { status } = await gateway.api('GET', `/api/accounts/${BEN}/messages/${id}`)
    expect([400, 404]).toContain(status)
    expect(gateway.cloud.journal.list('graph').filter(({ path }) => !/\/messages\/x$/.test(path))).toEqual([])
  })

  it('a missing permission is refused with the link that asks for it, before any call', async () => {
    const id = await gateway.connect('admin@contoso.test', { permissions: ['send'] })
    gateway.cloud.journal.clear()
    const { status, body } = await gateway.api('GET', `/api/accounts/${id}/messages`)
    expect(status).toBe(403)
    expect(body).toMatchObject({ code: 'permission_missing', action: 'user', permissions: ['read'] })
    expect(gateway.cloud.journal.list('graph')).toEqual([])
    const page = await gateway.open(body.nextStep.url, 'admin@contoso.test')
    expect(page.status).toBe(200)
    expect((await get(`/api/accounts/${id}`)).permissions).toEqual(['send', 'read'])
    expect((await gateway.api('GET', `/api/accounts/${id}/messages`)).status).toBe(200)
  })
})

describe('the stream budget of an instance', () => {
  it('refuses a download that other downloads leave no room for, and says when to come back', async () => {
    const small = await startGateway({ settings: { STREAM_BUDGET_MB: '5' } })
    await small.connect(BEN)
    const big = small.cloud.graph.addAttachmentMessage(BEN, { name: 'a.bin', contentType: 'a/b', bytes: 3_000_000 })
    const huge = small.cloud.graph.addAttachmentMessage(BEN, { name: 'b.bin', contentType: 'a/b', bytes: 6_000_000 })
    const get = (of: typeof big) =>
      small.api('GET', `/api/accounts/${BEN}/messages/${of.immutableId}/attachments/${of.attachmentId}`)
    const answers = await Promise.all([get(big), get(big), get(big)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 429, 429])
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.body).toMatchObject({ code: 'throttled', scope: 'instance' })
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await get(huge)).toMatchObject({ status: 413, body: { code: 'payload_too_large', limit: 5 * 1_048_576 } })
    await small.cloud.hosts.advance(10_000)
    expect((await get(big)).status).toBe(200)
    await small.close()
  })
})

describe('streaming', () => {
  it('delivers every byte of a large attachment although the connection to Graph breaks twice', async () => {
    const { generatedBytes } = await import('../../sandbox/graph/store/generated.ts')
    const size = 5_000_000
    const big = gateway.cloud.graph.addAttachmentMessage(BEN, {
      name: 'big.bin',
      contentType: 'application/octet-stream',
      bytes: size,
    })
    gateway.cloud.faults.add({ service: 'graph', match: { path: 'value$' }, cutAfterBytes: 1_234_567, times: 2 })
    const path = `/api/accounts/${BEN}/messages/${big.immutableId}/attachments/${big.attachmentId}`
    const response = await fetch(new URL(path, gateway.baseUrl))
    const hash = createHash('sha256')
    for await (const chunk of response.body ?? []) hash.update(chunk)
    const expected = createHash('sha256')
    for await (const chunk of generatedBytes(big.seed, size)) expected.update(chunk)
    expect(hash.digest('hex')).toBe(expected.digest('hex'))
  })
})
