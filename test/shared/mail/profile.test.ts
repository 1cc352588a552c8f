import { afterAll, beforeAll, expect, it } from 'vitest'

import { readProfile } from '../../../shared/mail/profile.ts'
import { tokenOf } from '../../sandbox/graph/graph-fixture.ts'
import { ADELE, type MailFixture, startMailFixture } from './mail-fixture.ts'

let fixture: MailFixture
beforeAll(async () => {
  fixture = await startMailFixture()
})
afterAll(() => fixture.close())

it('says who a token is for, in one request', async () => {
  fixture.journal.clear()
  const profile = await readProfile(fixture.mail, 'adele')
  expect(profile).toEqual({ id: tokenOf(ADELE).oid, displayName: 'Adele Vance', mail: ADELE, userPrincipalName: ADELE })
  expect(fixture.journal.list('graph')).toHaveLength(1)
})

it('has no mail for a person without a mailbox', async () => {
  const answer = {
    status: 200,
    body: JSON.stringify({ id: 'x', displayName: null, mail: null, userPrincipalName: 'x@contoso.test' }),
  }
  fixture.faults.add({ service: 'graph', match: { path: '/me$' }, answer, times: 1 })
  expect(await readProfile(fixture.mail, 'adele')).toEqual({ id: 'x', userPrincipalName: 'x@contoso.test' })
})

it('asks to sign in again when Graph does not take the token', async () => {
  const error = await readProfile(fixture.mail, 'forged-token-value').catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'reconnect_required' })
  expect(JSON.stringify(error)).not.toContain('forged-token-value')
})
