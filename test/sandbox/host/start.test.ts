import { once } from 'node:events'

import { describe, expect, test } from 'vitest'

import { failHost, runHost } from './run-host.ts'

describe('a host that starts', () => {
  test('prints one line on stdout, whatever the app prints, and ends with 0 after the hooks', async () => {
    const host = await runHost('lifecycle')
    const { code, stdout } = await host.stop()
    expect(JSON.parse(stdout)).toEqual({
      ready: true,
      url: expect.stringMatching(/^http:\/\/localhost:\d+$/),
      control: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    })
    expect(code).toBe(0)
    expect(host.log()).toMatch(/^\[.+\] information Host\.Function\.Console printed by the app$/m)
    expect(host.log()).toContain('the app was told to end')
  })

  test('gives the app its settings, its folder and the platform variables', async () => {
    const host = await runHost('lifecycle', { GREETING: 'hello' })
    expect(await host.get('/api/environment')).toMatchObject({
      FUNCTIONS_WORKER_RUNTIME: 'node',
      GREETING: 'hello',
      cwd: expect.stringMatching(/apps\/lifecycle$/),
    })
  })

  test('logs what the app logs, above debug, and lets hooks change it', async () => {
    const host = await runHost('lifecycle')
    await host.get('/api/environment')
    await host.logged('Function.environment.User say ***')
    expect(host.log()).not.toContain('below the level')
  })

  test('lets hooks replace the handler, the error and the result', async () => {
    const host = await runHost('lifecycle')
    const forgiven = await fetch(`${host.url}/api/forgiven`)
    expect([forgiven.status, await forgiven.text()]).toEqual([200, 'forgiven'])
    expect((await fetch(`${host.url}/api/environment`)).headers.get('x-hook')).toBe('before')
  })

  test('loads a CommonJS app of several entry points, without a route prefix', async () => {
    const host = await runHost('commonjs')
    const texts = ['/hello', '/bye'].map(async (path) => (await fetch(host.url + path)).text())
    expect(await Promise.all(texts)).toEqual(['hello', 'bye'])
  })

  test('takes no registration after the start', async () => {
    const host = await runHost('lifecycle')
    expect(await (await fetch(`${host.url}/api/late`)).text()).toBe('A function can only be registered during app startup.')
  })

  test('ends with 1 when the app left a rejection unhandled, as the real worker does', async () => {
    const host = await runHost('lifecycle')
    const exited = once(host.process, 'exit')
    await fetch(`${host.url}/api/crash`)
    expect((await exited)[0]).toBe(1)
    expect(host.log()).toMatch(/critical Worker .*nobody caught this/)
  })
})

describe('a host that cannot start', () => {
  test('prints what the entry point threw and ends with 1', async () => {
    expect(await failHost('broken')).toEqual({ code: 1, stdout: '', stderr: 'KEY_VAULT_URL is missing\n' })
  })

  test('names the setting that a binding needs', async () => {
    const { code, stderr } = await failHost('missing-setting', { AzureWebJobsStorage: 'UseDevelopmentStorage=true' })
    expect(code).toBe(1)
    expect(stderr).toBe("Function 'tick': %NO_SUCH_SETTING% does not resolve to a value.\n")
  })

  test('names a trigger that it does not have', async () => {
    const { code, stderr } = await failHost('unsupported')
    expect([code, stderr]).toEqual([1, "Function 'onBlob': this host has no binding of type 'blobTrigger'.\n"])
  })

  test('names the storage setting that timers need', async () => {
    const { code, stderr } = await failHost('timers', { TICK_SCHEDULE: '0 */5 * * * *' })
    expect(code).toBe(1)
    expect(stderr).toContain('AzureWebJobsStorage')
  })
})
