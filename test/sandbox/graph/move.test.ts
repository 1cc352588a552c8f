import type { Message } from '@microsoft/microsoft-graph-types'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { errorCode, type GraphFixture, list, startGraphFixture } from './graph-fixture.ts'

const IMMUTABLE = 'IdType="ImmutableId"'

let fixture: GraphFixture
beforeAll(async () => {
  fixture = await startGraphFixture()
})
afterAll(() => fixture.close())

async function seeded(prefer?: string): Promise<Message> {
  fixture.graph.seedMessages('adele@contoso.test', 1, { start: new Date(), spacing: 0 })
  const [message] = await list(
    await fixture.call('adele', 'GET', '/me/mailFolders/inbox/messages', undefined, prefer ? { prefer } : {}),
  )
  return message ?? {}
}

describe('Moving a message', () => {
  it('changes its id, and the old one is gone.', async () => {
    const message = await seeded()
    const moved = await fixture.client('adele').api(`/me/messages/${message.id}/move`).post({ destinationId: 'archive' })
    expect(moved.id).not.toBe(message.id)
    expect((await fixture.call('adele', 'GET', `/me/messages/${message.id}`)).status).toBe(404)
    expect((await fixture.call('adele', 'GET', `/me/messages/${moved.id}`)).status).toBe(200)
  })

  it('keeps an immutable id, which the answer says was applied.', async () => {
    const message = await seeded(IMMUTABLE)
    const client = fixture.client('adele')
    const moved = await client
      .api(`/me/messages/${message.id}/move`)
      .header('Prefer', IMMUTABLE)
      .post({ destinationId: 'deleteditems' })
    expect(moved.id).toBe(message.id)
    expect(moved.parentFolderId).not.toBe(message.parentFolderId)
    const response = await fixture.call('adele', 'GET', `/me/messages/${message.id}`, undefined, { prefer: IMMUTABLE })
    expect(response.headers.get('preference-applied')).toBe(IMMUTABLE)
  })

  it('finds the same item by either kind of id, whatever is preferred.', async () => {
    const message = await seeded()
    const immutable = await (
      await fixture.call('adele', 'GET', `/me/messages/${message.id}`, undefined, { prefer: IMMUTABLE })
    ).json()
    expect(immutable.id).not.toBe(message.id)
    const back = await (await fixture.call('adele', 'GET', `/me/messages/${immutable.id}`)).json()
    expect(back.id).toBe(message.id)
  })

  it.each([
    ['nowhere', 400, 'ErrorInvalidIdMalformed'],
    [`AAMkAD${'x'.repeat(100)}AAA=`, 404, 'ErrorItemNotFound'],
  ])('to %s is refused.', async (destinationId, status, code) => {
    const message = await seeded()
    const response = await fixture.call('adele', 'POST', `/me/messages/${message.id}/move`, { destinationId })
    expect([response.status, await errorCode(response)]).toEqual([status, code])
  })
})

describe('Copying a message', () => {
  it('makes another item with ids of its own.', async () => {
    const message = await seeded(IMMUTABLE)
    const client = fixture.client('adele')
    const copy = await client
      .api(`/me/messages/${message.id}/copy`)
      .header('Prefer', IMMUTABLE)
      .post({ destinationId: 'junkemail' })
    expect(copy.id).not.toBe(message.id)
    expect(copy.internetMessageId).toBe(message.internetMessageId)
    expect((await fixture.call('adele', 'GET', `/me/messages/${message.id}`)).status).toBe(200)
  })
})
