import { PageIterator } from '@microsoft/microsoft-graph-client'
import type { Message } from '@microsoft/microsoft-graph-types'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { errorCode, type GraphFixture, list, messageTo, startGraphFixture } from './graph-fixture.ts'

const MARKER = 'String {66f5a359-4659-4830-9070-00047ec6ac6e} Name gateway'

let fixture: GraphFixture
beforeAll(async () => {
  fixture = await startGraphFixture()
  fixture.graph.seedMessages('adele@contoso.test', 25, { start: '2026-01-01T00:00:00Z', spacing: 60_000 })
})
afterAll(() => fixture.close())

const query = (path: string, options: Record<string, string>) => `${path}?${new URLSearchParams(options)}`
const get = (options: Record<string, string>, headers?: Record<string, string>) =>
  fixture.call('adele', 'GET', query('/me/mailFolders/inbox/messages', options), undefined, headers)

describe('A list of messages', () => {
  it('is walked to its end by the client’s PageIterator, latest first.', async () => {
    const client = fixture.client('adele')
    const first = await client.api('/me/messages').top(10).select('subject,receivedDateTime').get()
    expect(first['@odata.nextLink']).toContain(`${fixture.graph.url.origin}/v1.0/me/messages?`)
    expect(first['@odata.nextLink']).toContain('$skip=10')
    const subjects: string[] = []
    await new PageIterator(client, first, (message: Message) => subjects.push(message.subject ?? '') > 0).iterate()
    expect(subjects).toEqual(Array.from({ length: 25 }, (_, index) => `Seeded ${24 - index}`))
  })

  it('has pages of ten when nothing is said, and counts when asked.', async () => {
    const body = await (await get({ $count: 'true' })).json()
    expect(body.value).toHaveLength(10)
    expect(body['@odata.count']).toBe(25)
  })

  it('shifts under new mail, so that the next page repeats a message.', async () => {
    const first = await (await fixture.call('ben', 'GET', '/me/messages')).json()
    expect(first.value).toEqual([])
    fixture.graph.seedMessages('ben@contoso.test', 4, { start: '2026-01-01T00:00:00Z', spacing: 1000 })
    const page = await (await fixture.call('ben', 'GET', '/me/messages?$top=2')).json()
    fixture.graph.seedMessages('ben@contoso.test', 1, { start: '2026-02-01T00:00:00Z', spacing: 1000 })
    const next = await (await fixture.call('ben', 'GET', page['@odata.nextLink'])).json()
    expect(next.value[0].id).toBe(page.value[1].id)
  })

  it.each([
    [{ $top: '0' }, 'BadRequest'],
    [{ $top: '1001' }, 'BadRequest'],
    [{ $select: 'colour' }, 'BadRequest'],
    [{ $orderby: 'body desc' }, 'BadRequest'],
    [{ $expand: 'extensions' }, 'BadRequest'],
    [{ $filter: "colour eq 'red'" }, 'ErrorInvalidUrlQueryFilter'],
    [{ $filter: "toRecipients/any(r:r/emailAddress/address eq 'a@b.test')" }, 'ErrorInvalidUrlQueryFilter'],
    [{ $filter: 'isRead eq false', $orderby: 'receivedDateTime desc' }, 'InefficientFilter'],
    [{ $filter: 'isRead eq false and receivedDateTime gt 2026-01-01', $orderby: 'receivedDateTime desc' }, 'InefficientFilter'],
  ])('refuses %j with %s.', async (options, code) => {
    const response = await get(options as Record<string, string>)
    expect([response.status, await errorCode(response)]).toEqual([400, code])
  })

  it('takes a filter that begins with what it is ordered by.', async () => {
    const filter = 'receivedDateTime ge 2026-01-01T00:20:00Z and isRead eq false'
    const found = await list(await get({ $filter: filter, $orderby: 'receivedDateTime asc', $top: '50' }))
    expect(found.map(({ subject }) => subject)).toEqual(['Seeded 20', 'Seeded 21', 'Seeded 22', 'Seeded 23', 'Seeded 24'])
  })

  it('counts by $count with a filter.', async () => {
    const response = await fixture.call(
      'adele',
      'GET',
      query('/me/messages/$count', { $filter: "startswith(subject,'Seeded 1')" }),
    )
    expect(await response.text()).toBe('11')
  })
})

describe('A message', () => {
  it('has the body type that is preferred, and says so.', async () => {
    const [message] = await list(await get({ $top: '1', $select: 'body' }, { prefer: 'outlook.body-content-type="text"' }))
    expect(message?.body).toEqual({ contentType: 'text', content: 'Message number 24.' })
    const html = await get({ $top: '1', $select: 'body' })
    expect((await list(html))[0]?.body?.contentType).toBe('html')
    expect(html.headers.get('preference-applied')).toBeNull()
  })

  it('is found by its extended property, which only an expansion shows.', async () => {
    const properties = [{ id: MARKER, value: 'send-1' }]
    const draft = messageTo(['ben@contoso.test'], { singleValueExtendedProperties: properties })
    expect((await fixture.call('adele', 'POST', '/me/messages', draft)).status).toBe(201)
    const condition = (value: string) => `singleValueExtendedProperties/Any(ep: ep/id eq '${MARKER}' and ep/value eq '${value}')`
    const $expand = `singleValueExtendedProperties($filter=id eq '${MARKER}')`

    const path = query('/me/messages', { $filter: condition('send-1'), $expand })
    const [found, ...more] = await list(await fixture.call('adele', 'GET', path))
    expect(more).toEqual([])
    expect(found?.singleValueExtendedProperties).toEqual(properties)
    expect(await list(await fixture.call('adele', 'GET', query('/me/messages', { $filter: condition('send-2') })))).toEqual([])
    expect(
      (await list(await fixture.call('adele', 'GET', query('/me/messages', { $filter: condition('send-1') })))).at(0),
    ).not.toHaveProperty('singleValueExtendedProperties')
  })

  it('changes its read mark, not its content, once it was received; and only in the version that was read.', async () => {
    const [message] = await list(await get({ $top: '1' }))
    const path = `/me/messages/${message?.id}`
    const etag = (message as { '@odata.etag'?: string })['@odata.etag'] ?? ''
    expect((await fixture.call('adele', 'PATCH', path, { isRead: true }, { 'if-match': etag })).status).toBe(200)
    expect((await fixture.call('adele', 'PATCH', path, { isRead: false }, { 'if-match': etag })).status).toBe(412)
    expect((await fixture.call('adele', 'PATCH', path, { subject: 'Other' })).status).toBe(403)
    expect(await list(await get({ $filter: 'isRead eq true' }))).toHaveLength(1)
  })

  it('refuses properties that Graph does not know.', async () => {
    const response = await fixture.call('adele', 'POST', '/me/messages', { subject: 'x', colour: 'red' })
    expect([response.status, await errorCode(response)]).toEqual([400, 'RequestBodyRead'])
  })

  it('is gone after DELETE; an id that is none is told apart from an unknown one.', async () => {
    const draft = await fixture.client('adele').api('/me/messages').post(messageTo([]))
    await fixture.client('adele').api(`/me/messages/${draft.id}`).delete()
    const gone = await fixture.call('adele', 'GET', `/me/messages/${draft.id}`)
    expect([gone.status, await errorCode(gone)]).toEqual([404, 'ErrorItemNotFound'])
    const malformed = await fixture.call('adele', 'GET', '/me/messages/17')
    expect([malformed.status, await errorCode(malformed)]).toEqual([400, 'ErrorInvalidIdMalformed'])
  })
})
