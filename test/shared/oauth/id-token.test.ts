import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { createIdTokenValidator, type IdTokenRules } from '../../../shared/oauth/id-token.ts'

const NOW = Date.parse('2026-11-25T12:00:00Z')
const TENANT = 'c0470500-0000-4000-8000-000000000001'
const OTHER_TENANT = 'fab40000-0000-4000-8000-000000000002'
const PERSONAL = '9188040d-6c67-4c5b-b112-36a304b66dad'
const HOST = 'https://login.example'

let keys: Awaited<ReturnType<typeof generateKeyPair>>
let strangers: typeof keys
let asked: string[]
beforeAll(async () => {
  keys = await generateKeyPair('RS256')
  strangers = await generateKeyPair('RS256')
})
beforeEach(() => {
  asked = []
})

const rules: IdTokenRules = { authorityHost: new URL(HOST), audience: 'organizations', clientId: 'client', nonce: 'nonce' }

const claims = (more: JWTPayload = {}): JWTPayload => ({
  iss: `${HOST}/${TENANT}/v2.0`,
  aud: 'client',
  tid: TENANT,
  oid: 'oid',
  nonce: 'nonce',
  preferred_username: 'adele@contoso.test',
  name: 'Adele',
  iat: NOW / 1000,
  exp: NOW / 1000 + 3600,
  ...more,
})

const sign = (payload: JWTPayload, key = keys.privateKey) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(key)

async function validate(token: string | undefined, more: Partial<IdTokenRules> = {}, answer?: () => Promise<Response>) {
  const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }] }
  const fetch = async (url: URL | RequestInfo) => {
    asked.push(String(url))
    return answer ? answer() : Response.json(jwks)
  }
  return createIdTokenValidator({ fetch: fetch as typeof globalThis.fetch, now: () => NOW })(token, { ...rules, ...more })
}

describe('S3: the id_token', () => {
  it('says who signed in, when everything fits', async () => {
    expect(await validate(await sign(claims()))).toEqual({
      tenantId: TENANT,
      userId: 'oid',
      userPrincipalName: 'adele@contoso.test',
      displayName: 'Adele',
    })
    expect(asked).toEqual([`${HOST}/organizations/discovery/v2.0/keys`])
  })

  it.each<[string, JWTPayload]>([
    ['another audience', { aud: 'other-client' }],
    ['another issuer', { iss: 'https://evil.example/v2.0' }],
    ['the issuer of another tenant than its tid', { iss: `${HOST}/${OTHER_TENANT}/v2.0` }],
    ['another tid than its issuer', { tid: OTHER_TENANT }],
    ['a tid that is no id', { tid: '../x', iss: `${HOST}/../x/v2.0` }],
    ['a personal account where organisations are asked for', { tid: PERSONAL, iss: `${HOST}/${PERSONAL}/v2.0` }],
    ['another nonce', { nonce: 'other' }],
    ['no nonce', { nonce: undefined }],
    ['no oid', { oid: undefined }],
    ['an end long ago', { exp: NOW / 1000 - 301 }],
    ['no end', { exp: undefined }],
  ])('is refused with %s', async (_name, more) => {
    await expect(validate(await sign(claims(more)))).rejects.toMatchObject({ code: 'invalid_request' })
  })

  it('is refused when somebody else signed it, when nobody did, and when it was changed', async () => {
    const [header, payload, signature] = (await sign(claims())).split('.') as [string, string, string]
    const forged = Buffer.from(JSON.stringify(claims({ oid: 'somebody-else' }))).toString('base64url')
    const tokens = [
      await sign(claims(), strangers.privateKey),
      new UnsecuredJWT(claims()).encode(),
      `${header}.${forged}.${signature}`,
      `${header}.${payload}.`,
      'garbage',
      '',
      undefined,
    ]
    for (const token of tokens) await expect(validate(token)).rejects.toMatchObject({ code: 'invalid_request' })
  })

  it('R6: is taken with clocks five minutes apart', async () => {
    expect(await validate(await sign(claims({ exp: NOW / 1000 - 290 })))).toMatchObject({ userId: 'oid' })
  })

  it.each([
    [TENANT, TENANT, true],
    [TENANT, OTHER_TENANT, false],
    ['common', PERSONAL, true],
    ['common', TENANT, true],
    ['consumers', PERSONAL, true],
    ['consumers', TENANT, false],
  ])('audience %s and tenant %s: %s', async (audience, tid, allowed) => {
    const outcome = await validate(await sign(claims({ tid, iss: `${HOST}/${tid}/v2.0` })), { audience }).then(
      () => true,
      () => false,
    )
    expect(outcome).toBe(allowed)
  })

  it('says that the keys could not be read, and does not blame the person', async () => {
    const refused = validate(await sign(claims()), {}, () => Promise.reject(new TypeError('fetch failed')))
    await expect(refused).rejects.toMatchObject({ code: 'upstream_unavailable' })
    const away = validate(await sign(claims()), {}, async () => new Response('<html>', { status: 503 }))
    await expect(away).rejects.toMatchObject({ code: 'upstream_unavailable' })
  })
})
