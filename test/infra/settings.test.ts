import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeAll, describe, expect, it } from 'vitest'

import { type ConfigError, readConfig } from '../../shared/config.ts'
import { findBicep, infraFolder, skippedWithout } from './bicep.ts'

const bicep = await findBicep()
const read = (file: string) => readFileSync(join(infraFolder, '..', file), 'utf8')

/** Read by the host, its extensions or Core Tools, and not by the app. */
const hostSettings = [
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'AzureWebJobsStorage__blobServiceUri',
  'AzureWebJobsStorage__credential',
  'FUNCTIONS_WORKER_RUNTIME',
]

const known = namesIn(between(read('shared/config.ts'), 'const schema = z.object({', '\n})'), / {2}/)
const required = missing({})
const sample = Object.keys(JSON.parse(read('local.settings.sample.json')).Values)
const functions = read('infra/modules/functions.bicep')
/** What an operator may set, and what the module sets itself. */
const offered = namesIn(between(functions, 'type gatewaySettings = {', '\n}'), / {2}/)
const given = namesIn(between(functions, 'properties: union(', '\n      settings'), / {8}/)

function between(text: string, start: string, end: string): string {
  const from = text.indexOf(start)
  expect(from, start).toBeGreaterThanOrEqual(0)
  return text.slice(from + start.length, text.indexOf(end, from + start.length))
}

function namesIn(text: string, indent: RegExp): string[] {
  return [...text.matchAll(new RegExp(`^${indent.source}([A-Za-z]\\w+): `, 'gm'))].map(([, name]) => name as string)
}

/** Names that the app calls missing when it starts with these settings. */
function missing(settings: Record<string, string>): string[] {
  try {
    readConfig(settings)
    return []
  } catch (error) {
    return (error as ConfigError).problems.map((problem) => problem.split(' ')[0] as string)
  }
}

it('finds the settings in the three places', () => {
  expect(known).toEqual(expect.arrayContaining(['KEY_VAULT_URL', 'STREAM_BUDGET_MB', 'AzureWebJobsStorage__clientId']))
  expect(required).toEqual(expect.arrayContaining(['KEY_VAULT_URL', 'AzureWebJobsStorage__tableServiceUri', 'REFRESH_SCHEDULE']))
  expect(offered).toContain('ENTRA_CLIENT_ID')
  expect(given).toContain('KEY_VAULT_URL')
})

it('gives or asks for every setting that has no default', () => {
  expect(required.filter((name) => !given.includes(name) && !offered.includes(name))).toEqual([])
})

it('asks as required for what has no default and is not given', () => {
  const demanded = offered.filter((name) => !new RegExp(`^ {2}${name}: .*\\?$`, 'm').test(functions))
  expect(demanded.sort()).toEqual(required.filter((name) => !given.includes(name)).sort())
})

it('gives and offers nothing that neither the app nor the host reads', () => {
  expect([...given, ...offered].filter((name) => !known.includes(name) && !hostSettings.includes(name))).toEqual([])
})

it('keeps to settings that Flex Consumption takes', () => {
  expect([...given, ...offered].filter((name) => /^(FUNCTIONS_|WEBSITE_|SCM_|ENABLE_ORYX)/.test(name))).toEqual([])
})

it('has a sample for local work that names what is required and nothing unknown', () => {
  expect(sample.filter((name) => !known.includes(name) && !hostSettings.includes(name))).toEqual([])
  const local = required.filter((name) => !name.startsWith('AzureWebJobsStorage__'))
  expect(local.filter((name) => !sample.includes(name))).toEqual([])
  expect(sample).toContain('AzureWebJobsStorage')
})

describe.skipIf(!bicep)(`the app settings of a deployment${skippedWithout(bicep)}`, () => {
  let settings: Record<string, string>
  beforeAll(async () => {
    const resources = await bicep!.evaluate('prod.bicepparam')
    settings = resources.find(({ name }) => name.endsWith('/appsettings'))?.properties as Record<string, string>
  })

  it('start the app, once Azure has filled in its addresses', () => {
    const filledIn = Object.entries(settings).map(([name, value]) => {
      if (!value.startsWith('[')) return [name, value]
      return [name, /URL$|Uri$/.test(name) ? 'https://filled-in.example.com/' : 'filled-in']
    })
    const config = readConfig(Object.fromEntries(filledIn))
    expect(config).toMatchObject({
      storage: { tableUrl: expect.any(String), clientId: 'filled-in' },
      identityClientId: 'filled-in',
      vault: { tokenKeyName: 'token-key' },
      provider: { permissions: ['send', 'read', 'organize'], audience: 'organizations' },
    })
  })

  it('hold no connection string for storage', () => {
    expect(settings).not.toHaveProperty('AzureWebJobsStorage')
    expect(settings.AzureWebJobsStorage__credential).toBe('managedidentity')
  })
})
