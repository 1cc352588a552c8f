import { afterAll, beforeAll, expect, it } from 'vitest'

import { ADELE_OID } from '../../sandbox/people.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

interface Item {
  probe: string
  outcome: string
  detail: string
  certain?: boolean
  candidates?: { action: string; nextStep?: { text: string } }[]
  nextStep?: { text: string; url?: string }
}

async function diagnose(account: string): Promise<Item[]> {
  const { status, body } = await gateway.api('POST', `/api/accounts/${account}/diagnosis`, { body: {} })
  expect(status).toBe(200)
  return body.items
}

const outcomes = (items: Item[]) => Object.fromEntries(items.map(({ probe, outcome }) => [probe, outcome]))

it('finds a healthy mailbox healthy, with real sign-ins to IMAP, POP and SMTP', async () => {
  const id = await gateway.connect('adele@contoso.test')
  expect(outcomes(await diagnose(id))).toEqual({
    token: 'ok',
    consentedScopes: 'ok',
    mailbox: 'ok',
    sendRight: 'ok',
    imap: 'ok',
    pop: 'ok',
    smtp: 'ok',
    allowList: 'skipped',
  })
  const signIns = gateway.cloud.journal.list('exchange', { oid: ADELE_OID })
  expect(signIns.map(({ facts }) => facts.protocol).sort()).toEqual(['imap', 'pop', 'smtp'])
})

it('names the one who can switch SMTP on, and the command', async () => {
  gateway.cloud.exchange.setSmtpAuth(ADELE_OID, false)
  const smtp = (await diagnose('adele@contoso.test')).find(({ probe }) => probe === 'smtp')
  expect(smtp).toMatchObject({ outcome: 'failed', certain: true, candidates: [{ action: 'tenantAdmin' }] })
  expect(JSON.stringify(smtp)).toContain('Set-CASMailbox')
})

it('skips what was never consented to and links to what would ask for it', async () => {
  const id = await gateway.connect('ben@contoso.test', { permissions: ['send'] })
  const items = await diagnose(id)
  expect(outcomes(items)).toMatchObject({ token: 'ok', mailbox: 'skipped', sendRight: 'ok', imap: 'skipped' })
  expect(items.find(({ probe }) => probe === 'imap')?.nextStep?.url).toMatch(/\/api\/connect\/lnk_/)
})

it('says of a revoked account what its person must do, and tries nothing further', async () => {
  const id = await gateway.connect('admin@contoso.test')
  gateway.cloud.entra.revokeRefreshTokens('00000000-0000-4000-9000-000000000003')
  await gateway.api('POST', `/api/accounts/${id}/refresh`)
  const [token, ...rest] = await diagnose(id)
  expect(token).toMatchObject({ probe: 'token', outcome: 'failed' })
  expect(JSON.stringify(token)).toContain('/api/connect/lnk_')
  expect(new Set(rest.map(({ outcome }) => outcome))).toEqual(new Set(['skipped']))
})
