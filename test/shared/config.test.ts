import { describe, expect, it } from 'vitest'

import { ConfigError, readConfig } from '../../shared/config.ts'

const complete = {
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  KEY_VAULT_URL: 'https://vault.example',
  PUBLIC_BASE_URL: 'https://mail.example',
  ENTRA_CLIENT_ID: '9a7e3a11-0000-4000-a000-00000000a001',
  ENTRA_AUDIENCE: 'organizations',
  ENTRA_CREDENTIAL: 'secret:entra-client-secret',
  CALLER_IDENTITY: 'hostKey',
  REFRESH_SCHEDULE: '0 */5 * * * *',
}

function problemsOf(environment: Record<string, string | undefined>): string[] {
  try {
    readConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('readConfig', () => {
  it('reads complete settings and fills in the defaults of the contract', () => {
    const config = readConfig(complete)
    expect(config.redirectUri).toBe('https://mail.example/api/oauth/callback')
    expect(config.provider).toMatchObject({
      name: 'default',
      permissions: ['send', 'read'],
      responseMode: 'query',
      returnUrls: [],
    })
    expect(config.endpoints.authority.href).toBe('https://login.microsoftonline.com/')
    expect(config.endpoints.mail.smtp).toEqual({ host: 'smtp.office365.com', port: 587 })
    expect(config.endpoints.personalMail.smtp.host).toBe('smtp-mail.outlook.com')
    expect(config.hostKeyPermissions).not.toContain('tokens.issue')
    expect(config.limits.streamBudgetBytes).toBe(512 * 1_048_576)
  })

  it('names every missing setting at once', () => {
    const problems = problemsOf({})
    for (const name of Object.keys(complete).filter((name) => name !== 'AzureWebJobsStorage')) {
      expect(
        problems.some((problem) => problem.startsWith(`${name} (missing`)),
        name,
      ).toBe(true)
    }
    expect(problems.some((problem) => problem.startsWith('AzureWebJobsStorage__tableServiceUri'))).toBe(true)
  })

  it.each([
    ['KEY_VAULT_URL', 'http://vault.example'],
    ['KEY_VAULT_URL', 'https://vault.example/secrets'],
    ['PUBLIC_BASE_URL', 'http://mail.example'],
    ['PUBLIC_BASE_URL', 'not a url'],
    ['ENTRA_CLIENT_ID', 'my-app'],
    ['ENTRA_AUDIENCE', '../common'],
    ['ENTRA_CREDENTIAL', 'hunter2'],
    ['ENTRA_CREDENTIAL', 'secret:../x'],
    ['ENTRA_CREDENTIAL', 'certificate:'],
    ['ENTRA_CREDENTIAL', 'secret:a,certificate:b'],
    ['ENTRA_CREDENTIAL', 'secret:a:b'],
    ['ENTRA_PERMISSIONS', 'send,everything'],
    ['ENTRA_RESPONSE_MODE', 'fragment'],
    ['CALLER_IDENTITY', 'none'],
    ['HOST_KEY', 'off'],
    ['HOST_KEY_PERMISSIONS', 'mail.send,root'],
    ['RETURN_URLS', 'somewhere'],
    ['STREAM_BUDGET_MB', '0'],
    ['IMAP_ENDPOINT', 'imap.example'],
  ])('refuses a bad %s and never shows the value', (name, value) => {
    const problems = problemsOf({ ...complete, [name]: value })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(new RegExp(`^${name} \\(`))
    expect(problems[0]).not.toContain(`(${value}`)
  })

  it('V11: names a Key Vault reference that the platform could not resolve', () => {
    const problems = problemsOf({
      ...complete,
      ENTRA_CREDENTIAL: '@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/x)',
    })
    expect(problems).toEqual(['ENTRA_CREDENTIAL (a Key Vault reference that the platform could not resolve)'])
  })

  it('V4: does not start without a vault', () => {
    expect(problemsOf({ ...complete, KEY_VAULT_URL: undefined })).toEqual(['KEY_VAULT_URL (missing)'])
  })

  it('refuses a combination that Microsoft does not have, with the reason', () => {
    const problems = problemsOf({ ...complete, ENTRA_CLOUD: 'china', ENTRA_AUDIENCE: 'common' })
    expect(problems).toEqual(['ENTRA_AUDIENCE (Registrations that allow personal accounts do not exist in national clouds.)'])
  })

  it('knows the hosts of the cloud, and lets settings override them one by one', () => {
    const { endpoints } = readConfig({ ...complete, ENTRA_CLOUD: 'usGov', SMTP_ENDPOINT: 'smtp.example:2525' })
    expect(endpoints.authority.href).toBe('https://login.microsoftonline.us/')
    expect(endpoints.graph.href).toBe('https://graph.microsoft.us/')
    expect(endpoints.mail).toMatchObject({ imap: { host: 'outlook.office365.us' }, smtp: { host: 'smtp.example', port: 2525 } })
  })

  it('takes http on localhost as public address, for development', () => {
    expect(readConfig({ ...complete, PUBLIC_BASE_URL: 'http://localhost:7071' }).redirectUri).toBe(
      'http://localhost:7071/api/oauth/callback',
    )
  })
})
