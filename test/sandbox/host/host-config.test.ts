import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, onTestFinished, test } from 'vitest'

import { parseTimeSpan, readHostConfig } from '../../../sandbox/host/host-config.ts'

function read(hostJson: object, env: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'host-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'host.json'), JSON.stringify(hostJson))
  return readHostConfig(folder, env)
}

describe('host.json', () => {
  test('has the defaults of the real host', () => {
    expect(read({ version: '2.0' })).toEqual({
      routePrefix: 'api',
      queues: {
        messageEncoding: 'base64',
        batchSize: 16,
        newBatchThreshold: 8,
        maxDequeueCount: 5,
        visibilityTimeoutMs: 0,
        maxPollingIntervalMs: 60_000,
      },
    })
  })

  test('is read, and overridden by settings', () => {
    const queues = { batchSize: 4, messageEncoding: 'none', visibilityTimeout: '00:00:30', maxPollingInterval: '00:00:02' }
    const env = {
      AzureFunctionsJobHost__extensions__queues__maxPollingInterval: '00:00:00.1',
      AzureFunctionsJobHost__extensions__http__routePrefix: '',
    }
    expect(read({ extensions: { queues } }, env)).toEqual({
      routePrefix: '',
      queues: {
        messageEncoding: 'none',
        batchSize: 4,
        newBatchThreshold: 2,
        maxDequeueCount: 5,
        visibilityTimeoutMs: 30_000,
        maxPollingIntervalMs: 100,
      },
    })
  })

  test('is refused when it asks for more than a queue gives at a time', () => {
    expect(() => read({ extensions: { queues: { batchSize: 33 } } })).toThrow('batchSize')
  })

  test.each([
    ['00:00:00.25', 250],
    ['01:02:03', 3_723_000],
    ['2.00:00:00', 172_800_000],
  ])('takes the time span %s as %i ms', (text, expected) => {
    expect(parseTimeSpan(text)).toBe(expected)
  })

  test('refuses what is no time span', () => {
    expect(() => parseTimeSpan('soon')).toThrow("'soon' is not a time span")
  })
})
