import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { errorCode, type GraphFixture, startGraphFixture, tokenOf } from './graph-fixture.ts'

let fixture: GraphFixture
beforeAll(async () => {
  fixture = await startGraphFixture()
})
afterAll(() => fixture.close())
afterEach(() => {
  fixture.faults.clear()
  fixture.journal.clear()
})

const listMessages = (token: string) => fixture.call(token, 'GET', '/me/messages')

/** Downloads that are open and not read: each holds its place until its body is cancelled. */
async function openDownloads(count: number): Promise<Response[]> {
  const file = { name: 'large.bin', contentType: 'application/octet-stream', bytes: 64 * 1024 * 1024 }
  const { messageId, attachmentId } = fixture.graph.addAttachmentMessage('adele@contoso.test', file)
  const path = `/me/messages/${messageId}/attachments/${attachmentId}/$value`
  return Promise.all(Array.from({ length: count }, () => fixture.call('adele', 'GET', path)))
}

describe('Requests in flight', () => {
  it('are four per mailbox and application: the fifth is throttled, another mailbox or application is not.', async () => {
    const { oid, appid } = tokenOf('adele@contoso.test')
    fixture.tokens.set('other-app', tokenOf('adele@contoso.test', { appid: 'another-application' }))
    const downloads = await openDownloads(4)

    const fifth = await listMessages('adele')
    expect([fifth.status, fifth.headers.get('retry-after'), await errorCode(fifth)]).toEqual([429, '1', 'ApplicationThrottled'])
    expect((await listMessages('ben')).status).toBe(200)
    expect((await listMessages('other-app')).status).toBe(200)
    const counts = fixture.journal.list('graph', { mailbox: oid, appid }).map(({ facts }) => facts.inFlight)
    expect(counts.toSorted()).toEqual([1, 2, 3, 4, 5])
    await Promise.all(downloads.map(({ body }) => body?.cancel()))
  })

  it('end when the reader leaves.', async () => {
    await expect.poll(async () => (await listMessages('adele')).status).toBe(200)
    const downloads = await openDownloads(4)
    expect((await listMessages('adele')).status).toBe(429)
    await Promise.all(downloads.map(({ body }) => body?.cancel()))
    await expect.poll(async () => (await listMessages('adele')).status).toBe(200)
  })

  it('end with a refusal and with a broken connection.', async () => {
    fixture.faults.add({ service: 'graph', drop: 'after', times: 4, match: { facts: { operation: 'listMessages' } } })
    for (let attempt = 0; attempt < 4; attempt++) await expect(listMessages('adele')).rejects.toThrow()
    for (let attempt = 0; attempt < 4; attempt++) await fixture.call('adele', 'GET', '/me/messages/17')
    const answers = await Promise.all([1, 2, 3, 4].map(() => listMessages('adele')))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })

  it('include those that an ordered delay holds up.', async () => {
    fixture.faults.add({ service: 'graph', delayMs: 1000, times: 1, match: { facts: { operation: 'listFolders' } } })
    const slow = fixture.call('adele', 'GET', '/me/mailFolders')
    await expect
      .poll(async () => {
        await listMessages('adele')
        return fixture.journal.list('graph', { operation: 'listMessages' }).at(-1)?.facts.inFlight
      })
      .toBe(2)
    expect((await slow).status).toBe(200)
  })
})
