import { afterAll, beforeEach, describe, expect, test } from 'vitest'

import { CLIENT_ID } from '../../../sandbox/people.ts'
import { StoppedOnPage, signIn } from './browser.ts'
import { ADELE, CONTOSO, FABRIKAM, MAIL_SCOPES, type Provider, REDIRECT_URI, startProvider } from './provider.ts'

const CASEY = 'casey@fabrikam.test'
const FABRIKAM_ADMIN = 'admin@fabrikam.test'
let provider: Provider | undefined

beforeEach(async () => {
  await provider?.close()
  provider = await startProvider()
})
afterAll(() => provider?.close())

/** Signs in and tells what the consent page listed; undefined when it was not shown. */
async function listed(login: string, params: Record<string, string> = {}, options = {}): Promise<string[] | undefined> {
  let items: string[] | undefined
  const onPage = (html: string) => {
    if (html.includes('Permissions requested')) items = [...html.matchAll(/<li[^>]*>(.*?)<\/li>/g)].map(([, text]) => text ?? '')
  }
  await signIn(provider!.authorizeUrl(params), login, { ...options, onPage })
  return items
}

async function stopped(url: URL, login: string): Promise<StoppedOnPage> {
  const error = await signIn(url, login).catch((error: unknown) => error)
  if (!(error instanceof StoppedOnPage)) throw new Error('The sign-in did not stop on a page.', { cause: error })
  return error
}

describe('where people may consent', () => {
  test('the page lists the permissions in plain words, once', async () => {
    expect(await listed(ADELE)).toEqual([
      'Sign you in',
      'View your basic profile',
      'View your email address',
      'Maintain access to data you have given it access to',
      'Sign you in and read your profile',
      'Send mail as you',
    ])
    expect(await listed(ADELE)).toBeUndefined()
  })

  test('asking for more asks only for what is new, on two resources at once', async () => {
    await listed(ADELE)
    const scope = `${MAIL_SCOPES} Mail.Read https://outlook.office.com/SMTP.Send`
    expect(await listed(ADELE, { scope })).toEqual(['Read your mail', 'Send mail as you through SMTP'])
  })

  test('one person’s consent is not another’s; an administrator’s for everyone is', async () => {
    await listed(ADELE)
    expect(await listed('ben@contoso.test')).toContain('Send mail as you')
    await listed('admin@contoso.test', { scope: `${MAIL_SCOPES} Mail.Read` }, { forEveryone: true })
    expect(await listed('ben@contoso.test', { scope: `${MAIL_SCOPES} Mail.Read` })).toBeUndefined()
  })

  test('prompt=consent lists everything again', async () => {
    await listed(ADELE)
    expect(await listed(ADELE, { prompt: 'consent' })).toHaveLength(6)
  })

  test('Cancel goes back with access_denied, subcode cancel and AADSTS65004', async () => {
    const { params } = await signIn(provider!.authorizeUrl(), ADELE, { accept: false })
    expect(Object.fromEntries(params)).toMatchObject({ error: 'access_denied', error_subcode: 'cancel', state: 'here' })
    expect(params.get('error_description')).toMatch(/^AADSTS65004: /)
  })

  test('prompt=none without consent is AADSTS65001', async () => {
    const { Browser } = await import('./browser.ts')
    const browser = new Browser()
    await browser.signIn(provider!.authorizeUrl({ scope: 'openid' }), ADELE)
    const { params } = await browser.signIn(provider!.authorizeUrl({ prompt: 'none' }), ADELE)
    expect(params.get('error')).toBe('interaction_required')
    expect(params.get('error_description')).toContain('AADSTS65001')
  })

  test('.default stands for what the registration lists', async () => {
    provider!.entra.registrations.update(CLIENT_ID, { delegatedPermissions: ['User.Read', 'Mail.Read'] })
    const { code, verifier } = await provider!.code(ADELE, { scope: 'openid https://graph.microsoft.com/.default' })
    const answer = await provider!.token(provider!.redeem(code, verifier))
    expect(((await answer.json()) as { scope: string }).scope.split(' ')).toEqual(
      expect.arrayContaining(['User.Read', 'Mail.Read']),
    )
  })
})

describe('where an administrator must consent first', () => {
  test('a person is stopped with AADSTS90094 and goes back with access_denied', async () => {
    expect(await stopped(provider!.authorizeUrl(), CASEY)).toMatchObject({ code: 90094 })
    const { params } = await signIn(provider!.authorizeUrl(), CASEY, { needApproval: 'leave' })
    expect(Object.fromEntries(params)).toMatchObject({ error: 'access_denied', error_subcode: 'cancel', state: 'here' })
    expect(params.get('error_description')).toMatch(/^AADSTS90094: /)
  })

  test('basic scopes need no administrator', async () => {
    expect(await listed(CASEY, { scope: 'openid profile User.Read' })).toHaveLength(3)
  })

  test('an administrator may take over on the page, and consents for everyone', async () => {
    const options = { needApproval: { administrator: FABRIKAM_ADMIN }, forEveryone: true }
    expect((await signIn(provider!.authorizeUrl(), CASEY, options)).params.get('code')).toBeTruthy()
    expect(await listed(CASEY)).toBeUndefined()
  })

  test('prompt=consent stops a person with AADSTS90095 even after the administrator consented', async () => {
    await listed(FABRIKAM_ADMIN, {}, { forEveryone: true })
    expect((await signIn(provider!.authorizeUrl(), CASEY)).params.get('code')).toBeTruthy()
    expect(await stopped(provider!.authorizeUrl({ prompt: 'consent' }), CASEY)).toMatchObject({ code: 90095 })
  })

  test('an administrator who consents for themselves alone helps nobody else', async () => {
    await listed(FABRIKAM_ADMIN)
    expect(await stopped(provider!.authorizeUrl(), CASEY)).toMatchObject({ code: 90094 })
  })
})

describe('the admin consent endpoint', () => {
  const url = (params: Record<string, string> = {}, tenant = 'organizations') => {
    const consent = new URL(`/${tenant}/v2.0/adminconsent`, provider!.entra.url)
    const all = { client_id: CLIENT_ID, redirect_uri: REDIRECT_URI, state: 'here', scope: 'Mail.Send User.Read', ...params }
    consent.search = new URLSearchParams({ ...all }).toString()
    return consent
  }

  test('lets an administrator consent for everyone and comes back by GET', async () => {
    const { method, params } = await signIn(url({ scope: `${MAIL_SCOPES}` }), FABRIKAM_ADMIN)
    expect(method).toBe('GET')
    expect(Object.fromEntries(params)).toEqual({ admin_consent: 'True', tenant: FABRIKAM, state: 'here', scope: MAIL_SCOPES })
    expect(await listed(CASEY)).toBeUndefined()
  })

  test('grants application permissions by .default, which then are the roles of the application’s token', async () => {
    await signIn(url({ scope: 'https://graph.microsoft.com/.default' }, FABRIKAM), FABRIKAM_ADMIN)
    const params = { grant_type: 'client_credentials', scope: 'https://graph.microsoft.com/.default' }
    const { access_token } = (await (await provider!.token(params, FABRIKAM)).json()) as { access_token: string }
    expect(provider!.entra.verifyAccessToken(access_token)?.roles).toEqual(['Mail.Send', 'Mail.Read', 'Mail.ReadWrite'])
  })

  test('says with the error that it was an administrator’s consent', async () => {
    const canceled = await signIn(url(), FABRIKAM_ADMIN, { accept: false })
    expect(Object.fromEntries(canceled.params)).toMatchObject({
      admin_consent: 'True',
      error: 'access_denied',
      error_subcode: 'cancel',
      state: 'here',
    })
    const person = await signIn(url(), CASEY, { needApproval: 'leave' })
    expect(person.params.get('error_description')).toContain('AADSTS90094')
  })

  test('is not there for common, nor for an administrator of another tenant', async () => {
    const { params } = await signIn(url({}, 'common'), FABRIKAM_ADMIN)
    expect(params.get('error_description')).toContain('AADSTS90130')
    expect(await stopped(url({}, CONTOSO), FABRIKAM_ADMIN)).toMatchObject({ code: 50020 })
  })
})
