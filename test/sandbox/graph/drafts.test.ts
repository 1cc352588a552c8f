import { randomBytes } from 'node:crypto'

import type { Message } from '@microsoft/microsoft-graph-types'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { clockOffset, installClock, removeClock, setClockOffset } from '../../../sandbox/clock.ts'
import { base64, errorCode, type GraphFixture, list, messageTo, startGraphFixture } from './graph-fixture.ts'

const IMMUTABLE = { prefer: 'IdType="ImmutableId"' }

let fixture: GraphFixture
beforeAll(async () => {
  installClock()
  fixture = await startGraphFixture()
})
afterAll(async () => {
  await fixture.close()
  removeClock()
})

const folderName = async (id: string | null | undefined) =>
  (await (await fixture.call('adele', 'GET', `/me/mailFolders/${id}`)).json()).displayName
const received = (address: string, subject: string) =>
  fixture.graph.messagesOf(address).filter((message) => message.subject === subject && !message.isDraft)

describe('A draft', () => {
  it('is made, attached to, changed and sent by the official client.', async () => {
    const client = fixture.client('adele')
    const bytes = randomBytes(2_000_000)
    const draft = await client
      .api('/me/messages')
      .header('Prefer', IMMUTABLE.prefer)
      .post(messageTo(['ben@contoso.test']))
    expect(await folderName(draft.parentFolderId)).toBe('Drafts')
    const attachment = { '@odata.type': '#microsoft.graph.fileAttachment', name: 'a.bin', contentBytes: base64(bytes) }
    await client.api(`/me/messages/${draft.id}/attachments`).post(attachment)
    await client.api(`/me/messages/${draft.id}`).patch({ subject: 'With a file', importance: 'high' })
    await client.api(`/me/messages/${draft.id}/send`).post(null)

    const inbox = await list(await fixture.call('ben', 'GET', '/me/messages?$expand=attachments'))
    expect(inbox).toMatchObject([{ subject: 'With a file', importance: 'high', attachments: [{ name: 'a.bin' }] }])
    const [file] = inbox[0]?.attachments ?? []
    expect((file as { contentBytes?: string }).contentBytes === base64(bytes)).toBe(true)

    const sent = await client.api(`/me/messages/${draft.id}`).header('Prefer', IMMUTABLE.prefer).get()
    expect(sent.isDraft).toBe(false)
    expect(await folderName(sent.parentFolderId)).toBe('Sent Items')
  })

  it('lags after it was sent: first still a draft, then nowhere, then in Sent Items.', async () => {
    fixture.graph.setSentCopyDelay(20_000)
    const draft: Message = await fixture
      .client('adele')
      .api('/me/messages')
      .header('Prefer', IMMUTABLE.prefer)
      .post(messageTo(['ben@contoso.test'], { subject: 'Late' }))
    const look = () => fixture.call('adele', 'GET', `/me/messages/${draft.id}`)
    expect((await fixture.call('adele', 'POST', `/me/messages/${draft.id}/send`)).status).toBe(202)
    expect(received('ben@contoso.test', 'Late')).toHaveLength(1)
    expect(await (await look()).json()).toMatchObject({ isDraft: true })
    setClockOffset(clockOffset() + 11_000)
    expect((await look()).status).toBe(404)
    setClockOffset(clockOffset() + 10_000)
    expect(await (await look()).json()).toMatchObject({ isDraft: false })
    fixture.graph.setSentCopyDelay(0)
  })

  it('cannot be sent twice once it has left.', async () => {
    const draft = await fixture
      .client('adele')
      .api('/me/messages')
      .post(messageTo(['ben@contoso.test'], { subject: 'Once' }))
    expect((await fixture.call('adele', 'POST', `/me/messages/${draft.id}/send`)).status).toBe(202)
    expect((await fixture.call('adele', 'POST', `/me/messages/${draft.id}/send`)).status).toBe(404)
    expect(received('ben@contoso.test', 'Once')).toHaveLength(1)
  })
})

describe('An answer', () => {
  const conversation = async (token: string, subject: string) =>
    (
      await list(
        await fixture.call(
          token,
          'GET',
          `/me/messages?$filter=subject eq '${subject}'&$select=id,conversationId,internetMessageHeaders`,
        ),
      )
    )[0]

  it('goes to the sender and stays in the conversation on both sides.', async () => {
    await fixture
      .client('adele')
      .api('/me/sendMail')
      .post({ message: messageTo(['ben@contoso.test'], { subject: 'Lunch' }) })
    const question = await conversation('ben', 'Lunch')
    const response = await fixture.call('ben', 'POST', `/me/messages/${question?.id}/reply`, { comment: 'Yes <please>' })
    expect(response.status).toBe(202)
    const [answer] = received('adele@contoso.test', 'RE: Lunch')
    expect(answer?.body.content).toContain('Yes &lt;please&gt;')
    expect(answer?.conversationId).toBe((await conversation('adele', 'Lunch'))?.conversationId)
    expect((await conversation('ben', 'RE: Lunch'))?.conversationId).toBe(question?.conversationId)
    expect((await conversation('adele', 'RE: Lunch'))?.internetMessageHeaders).toContainEqual(
      expect.objectContaining({ name: 'In-Reply-To' }),
    )
  })

  it('to all leaves oneself out; as a draft it waits in Drafts.', async () => {
    const message = messageTo(['ben@contoso.test', 'sales@contoso.test'], {
      subject: 'All hands',
      ccRecipients: [{ emailAddress: { address: 'casey@fabrikam.test' } }],
    })
    await fixture.client('adele').api('/me/sendMail').post({ message })
    const original = await conversation('ben', 'All hands')
    const draft = await fixture.client('ben').api(`/me/messages/${original?.id}/createReplyAll`).post({})
    const addresses = (recipients: Message['toRecipients']) => recipients?.map(({ emailAddress }) => emailAddress?.address)
    expect(addresses(draft.toRecipients)).toEqual(['adele@contoso.test', 'sales@contoso.test'])
    expect(addresses(draft.ccRecipients)).toEqual(['casey@fabrikam.test'])
    expect(draft.isDraft).toBe(true)
  })

  it('forwards with the attachments, and refuses to without a recipient.', async () => {
    fixture.graph.seedMessages('ben@contoso.test', 1, { start: '2026-05-05', spacing: 0, attachments: ['file'] })
    const seeded = await conversation('ben', 'Seeded 0')
    const nobody = await fixture.call('ben', 'POST', `/me/messages/${seeded?.id}/forward`, { comment: 'FYI' })
    expect([nobody.status, await errorCode(nobody)]).toEqual([400, 'ErrorInvalidRecipients'])
    const toRecipients = [{ emailAddress: { address: 'dana@outlook.test' } }]
    expect((await fixture.call('ben', 'POST', `/me/messages/${seeded?.id}/forward`, { toRecipients })).status).toBe(202)
    expect(received('dana@outlook.test', 'FW: Seeded 0')).toMatchObject([{ attachments: [{ name: 'file-0.txt' }] }])
  })

  it('refuses a comment beside a body.', async () => {
    const original = await conversation('ben', 'Lunch')
    const body = { comment: 'a', message: { body: { contentType: 'text', content: 'b' } } }
    expect((await fixture.call('ben', 'POST', `/me/messages/${original?.id}/reply`, body)).status).toBe(400)
  })
})
