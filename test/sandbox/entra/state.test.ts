import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { Browser } from './browser.ts'
import { ADELE, ADELE_OID, CONTOSO, type Provider, startProvider } from './provider.ts'

let provider: Provider
beforeAll(async () => {
  provider = await startProvider(mkdtempSync(join(tmpdir(), 'entra-')))
})
afterAll(() => provider.close())

test('a restart keeps keys, secrets, consents, refresh tokens and revocations', async () => {
  const kept = await provider.refreshToken()
  const accessToken = (
    (await (await provider.token({ grant_type: 'refresh_token', refresh_token: kept })).json()) as Record<string, string>
  ).access_token!
  const secret = provider.secret

  await provider.restart()
  expect(provider.secret).toBe(secret)
  expect(provider.entra.verifyAccessToken(accessToken)).toMatchObject({ oid: ADELE_OID })
  expect((await provider.token({ grant_type: 'refresh_token', refresh_token: kept })).status).toBe(200)
  const pages: string[] = []
  await provider.code(ADELE, {}, { onPage: (html) => pages.push(html) })
  expect(pages).toHaveLength(1)

  provider.entra.revokeRefreshTokens(ADELE_OID)
  await provider.restart()
  expect(await provider.refusal({ grant_type: 'refresh_token', refresh_token: kept })).toMatchObject({ code: 50173 })
})

test('a restart keeps browsers signed in', async () => {
  const browser = new Browser()
  await browser.signIn(provider.authorizeUrl(), ADELE)
  await provider.restart()
  // Cookies do not look at the port, as in a real browser.
  const landing = await browser.signIn(provider.authorizeUrl({ prompt: 'none' }, CONTOSO), ADELE)
  expect(landing.params.get('code')).toBeTruthy()
})
