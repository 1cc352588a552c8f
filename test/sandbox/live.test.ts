import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'

import { afterAll, describe, expect, it } from 'vitest'

import { freePort, startHostProcess } from '../../sandbox/host-process.ts'
import { startLive } from '../../sandbox/live.ts'
import { HOST_OVERRIDES, LiveSettingsError, liveSettings, readLocalSettings } from '../../sandbox/live-settings.ts'

const ROOT = join(import.meta.dirname, '../..')
const SECRET = 'a-secret-that-stays-in-the-vault'
const complete = {
  FUNCTIONS_WORKER_RUNTIME: 'node',
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  ENTRA_CLIENT_ID: '9a7e3a11-0000-4000-a000-00000000a009',
  ENTRA_AUDIENCE: 'organizations',
  LIVE_CLIENT_SECRET: SECRET,
}
const here = new URL('http://localhost:7071')

const root = mkdtempSync(join(tmpdir(), 'live-test-'))
afterAll(() => rmSync(root, { recursive: true }))

function fileWith(values: object): string {
  const file = join(root, 'local.settings.json')
  writeFileSync(file, JSON.stringify({ IsEncrypted: false, Values: values }))
  return file
}

function refusal(values: Record<string, string>, environment: Record<string, string> = {}): string {
  try {
    liveSettings(values, environment, here)
  } catch (error) {
    if (error instanceof LiveSettingsError) return error.message
    throw error
  }
  return 'nothing was refused'
}

describe('liveSettings', () => {
  it('names everything that is missing, at once', () => {
    const text = refusal({})
    for (const name of ['ENTRA_CLIENT_ID', 'ENTRA_AUDIENCE', 'LIVE_CLIENT_SECRET']) expect(text).toContain(`${name} is missing`)
  })

  it('does not begin with the values of the sample', () => {
    const text = refusal({ ...readLocalSettings(join(ROOT, 'local.settings.sample.json')), LIVE_CLIENT_SECRET: SECRET })
    expect(text).toContain('ENTRA_CLIENT_ID still has')
    expect(text).toContain('KEY_VAULT_URL still has')
    expect(text).not.toContain(SECRET)
  })

  it.each(HOST_OVERRIDES)('refuses %s, from the file and from the environment', (name) => {
    expect(refusal({ ...complete, [name]: 'https://elsewhere.example' })).toContain(name)
    expect(refusal(complete, { [name]: 'https://elsewhere.example' })).toContain(name)
  })

  it('refuses a PUBLIC_BASE_URL on another port of this machine', () => {
    expect(refusal({ ...complete, PUBLIC_BASE_URL: 'http://localhost:8080' })).toContain('PUBLIC_BASE_URL')
  })

  it('takes the secret from the environment as well, and hands it to the vault only', () => {
    const { LIVE_CLIENT_SECRET: _, ...rest } = complete
    const live = liveSettings(rest, { LIVE_CLIENT_SECRET: SECRET }, here)
    expect(live.clientSecret).toEqual({ name: 'entra-client-secret', value: SECRET })
    expect(JSON.stringify(live.settings)).not.toContain(SECRET)
  })

  it('leaves a vault that KEY_VAULT_URL names to the machine and its identity', () => {
    const live = liveSettings({ ...complete, KEY_VAULT_URL: 'https://ours.vault.azure.net' }, {}, here)
    expect(live.clientSecret).toBeUndefined()
    expect(live.settings).toMatchObject({ KEY_VAULT_URL: 'https://ours.vault.azure.net' })
    expect(live.settings).not.toHaveProperty('LIVE_CLIENT_SECRET')
  })
})

describe('startLive', () => {
  const folder = join(root, 'state')

  async function start() {
    const port = await freePort()
    const publicBaseUrl = new URL(`http://localhost:${port}`)
    const live = await startLive({ folder, settingsFile: fileWith(complete), environment: {}, publicBaseUrl })
    const host = await startHostProcess({ app: join(ROOT, 'dist/app'), port, ...live.host }).catch(async (error) => {
      await live.close()
      throw error
    })
    const stop = async () => {
      await host.stop()
      await live.close()
    }
    return {
      live,
      stop,
      api: (path: string, init?: RequestInit) => fetch(new URL(path, publicBaseUrl), { redirect: 'manual', ...init }),
    }
  }

  it("starts the gateway with Microsoft's own hosts, behind a host key", async () => {
    const { live, api, stop } = await start()
    try {
      for (const name of HOST_OVERRIDES) expect(live.host.settings).not.toHaveProperty(name)
      expect(JSON.stringify(live.host.settings)).not.toContain(SECRET)
      expect(await (await api('/api/health')).json()).toEqual({ status: 'ok' })
      const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
      expect((await api('/api/connections', body)).status).toBe(401)

      const headers = { ...body.headers, 'x-functions-key': readFileSync(live.keyFile, 'utf8') }
      const { connectUrl } = (await (await api('/api/connections', { ...body, headers })).json()) as { connectUrl: string }
      const redirect = await api(new URL(connectUrl).pathname)
      expect(redirect.status).toBe(302)
      const entra = new URL(redirect.headers.get('location') as string)
      expect(entra.origin).toBe('https://login.microsoftonline.com')
      expect(entra.searchParams.get('client_id')).toBe(complete.ENTRA_CLIENT_ID)
    } finally {
      await stop()
    }
  })

  it('keeps the secret where the gateway reads it', async () => {
    const { live, stop } = await start()
    try {
      expect(await readSecret(live.host.settings, live.host.caFile as string)).toBe(SECRET)
    } finally {
      await stop()
    }
  })

  it('opens after a restart what it sealed before', async () => {
    const first = await start()
    const key = first.live.host.keys as string
    const request = { method: 'POST', headers: { 'content-type': 'application/json', 'x-functions-key': key }, body: '{}' }
    const { connectUrl } = (await (await first.api('/api/connections', request)).json()) as { connectUrl: string }
    expect((await first.api(new URL(connectUrl).pathname)).status).toBe(302)
    await first.stop()

    const second = await start()
    try {
      expect(second.live.host.keys).toBe(key)
      expect((await second.api(new URL(connectUrl).pathname)).status).toBe(302)
    } finally {
      await second.stop()
    }
  })
})

/** As the gateway does it: a token from the identity endpoint, then the vault. */
async function readSecret(settings: Record<string, string>, caFile: string): Promise<unknown> {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(caFile, 'utf8')])
  const endpoint = new URL(settings.IDENTITY_ENDPOINT as string)
  endpoint.search = `resource=https://vault.azure.net&api-version=2019-08-01&client_id=${settings.AZURE_CLIENT_ID}`
  const identity = await fetch(endpoint, { headers: { 'x-identity-header': settings.IDENTITY_HEADER as string } })
  const { access_token } = (await identity.json()) as { access_token: string }
  const url = new URL('/secrets/entra-client-secret?api-version=7.5', settings.KEY_VAULT_URL)
  const answer = await fetch(url, { headers: { authorization: `Bearer ${access_token}` } })
  return ((await answer.json()) as { value: unknown }).value
}
