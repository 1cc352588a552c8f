import { describe, expect, test } from 'vitest'

import { type HostRun, runHost } from './run-host.ts'

const KEY = 'a-host-key'

async function statusOf(host: HostRun, path: string, init: RequestInit = {}): Promise<number> {
  return (await fetch(host.url + path, init)).status
}

describe('a host with keys', () => {
  test.each(['/api/byFunctionKey', '/api/byMasterKey'])('opens %s to the key only', async (path) => {
    const host = await runHost('buffered', {}, ['--keys', KEY])
    const refused = await fetch(host.url + path)
    expect([refused.status, await refused.text()]).toEqual([401, ''])
    expect(await statusOf(host, path, { headers: { 'x-functions-key': 'another' } })).toBe(401)
    expect(await statusOf(host, path, { headers: { 'x-functions-key': KEY } })).toBe(200)
    expect(await statusOf(host, `${path}?code=${KEY}`)).toBe(200)
  })

  test('asks for none where the function is anonymous', async () => {
    const host = await runHost('buffered', {}, ['--keys', KEY])
    expect(await statusOf(host, '/api/nothing')).toBe(204)
  })

  test('asks for it at the admin API', async () => {
    const host = await runHost('buffered', {}, ['--keys', KEY])
    expect(await statusOf(host, '/admin/functions')).toBe(401)
    expect(await statusOf(host, '/admin/functions', { headers: { 'x-functions-key': KEY } })).toBe(200)
  })
})

describe('a host without keys', () => {
  test('opens every function', async () => {
    const host = await runHost('buffered')
    expect([await statusOf(host, '/api/byFunctionKey'), await statusOf(host, '/api/byMasterKey')]).toEqual([200, 200])
  })

  test('lists its functions and says that it runs', async () => {
    const host = await runHost('buffered')
    const functions = await host.get<{ name: string }[]>('/admin/functions')
    expect(functions.map(({ name }) => name)).toContain('byMasterKey')
    expect(await host.get('/admin/host/status')).toMatchObject({ state: 'Running' })
    expect(await statusOf(host, '/admin/functions/nothing-of-that-name', { method: 'POST', body: '{}' })).toBe(404)
  })
})
