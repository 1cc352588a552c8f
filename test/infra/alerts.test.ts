import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeAll, describe, expect, it } from 'vitest'

import { problemStatus } from '../../shared/errors.ts'
import { findBicep, infraFolder, type Resource, skippedWithout } from './bicep.ts'

const bicep = await findBicep()
const read = (file: string) => readFileSync(join(infraFolder, '..', file), 'utf8')
const module = read('infra/modules/alerts.bicep')

describe.skipIf(!bicep)(`the evaluated alerts${skippedWithout(bicep)}`, () => {
  let resources: Resource[]
  beforeAll(async () => {
    resources = await bicep!.evaluate('dev.bicepparam')
  })
  const ofType = (type: string) => resources.filter((one) => one.type === type)

  it('B5 are shipped, switched on, each to the people on call', () => {
    const groups = ofType('Microsoft.Insights/actionGroups')
    const rules = ofType('Microsoft.Insights/scheduledQueryRules')
    expect(groups).toHaveLength(1)
    expect(rules.map(({ properties }) => properties.displayName).sort()).toEqual([
      'poison-messages',
      'reconnect-required',
      'refresh-failures',
      'refresh-overdue',
      'throttled',
    ])
    for (const { properties } of rules) {
      expect(properties).toMatchObject({ enabled: true, actions: { actionGroups: [groups[0]?.id] } })
      expect(properties.scopes).toEqual([ofType('Microsoft.OperationalInsights/workspaces')[0]?.id])
    }
  })

  it('B5 say when a secret or certificate of the vault has less than 30 days', () => {
    const [topic] = ofType('Microsoft.EventGrid/systemTopics')
    expect(topic?.properties).toEqual({
      source: ofType('Microsoft.KeyVault/vaults')[0]?.id,
      topicType: 'Microsoft.KeyVault.vaults',
    })
    const expiry = 'Microsoft.EventGrid/systemTopics/eventSubscriptions'
    expect(ofType(expiry)[0]?.properties).toMatchObject({
      filter: {
        includedEventTypes: expect.arrayContaining([
          'Microsoft.KeyVault.SecretNearExpiry',
          'Microsoft.KeyVault.CertificateNearExpiry',
        ]),
      },
      destination: {
        endpointType: 'MonitorAlert',
        properties: { actionGroups: [ofType('Microsoft.Insights/actionGroups')[0]?.id] },
      },
    })
  })

  it('B5 leave no query with a name that Bicep should have filled in', () => {
    for (const { properties } of ofType('Microsoft.Insights/scheduledQueryRules')) {
      const [{ query }] = (properties.criteria as { allOf: [{ query: string }] }).allOf
      expect(query).toMatch(/^(let \w+ = .*; )?App(Traces|Metrics) \| /)
      expect(query).not.toMatch(/\$\{|\{0\}/)
    }
  })
})

it('B5 look for log lines that the app writes', () => {
  const events = new Set([...module.matchAll(/"event":"(\w+)"/g)].map(([, event]) => event))
  const source = read('functions/refresh-queue.ts') + read('shared/http/endpoint.ts')
  for (const event of events) expect(source).toContain(`context.log(JSON.stringify({ event: '${event}',`)
  expect([...events].sort()).toEqual(['refresh', 'refused'])
})

it('B5 look for problem codes that exist', () => {
  const lists = [...module.matchAll(/(?:result in \(|result == |code\) == )((?:"\w+"(?:, )?)+)/g)]
  const codes = lists.flatMap(([, list]) => [...(list as string).matchAll(/"(\w+)"/g)].map(([, code]) => code))
  expect(codes).toEqual(expect.arrayContaining(['reconnect_required', 'throttled']))
  expect(codes.filter((code) => !((code as string) in problemStatus) && code !== 'defect')).toEqual([])
})

it('B5 look for a function that exists', () => {
  const names = [...module.matchAll(/"(\w+) Successes"/g)].map(([, name]) => name)
  expect(names).toEqual(['refreshTimer'])
  for (const name of names) expect(read('functions/index.ts')).toContain(`app.timer('${name}'`)
})

it('B5 count what is logged: a quieter log or other sampling would silence them', () => {
  const { logging } = JSON.parse(read('host.json'))
  expect(logging.logLevel.default).toBe('Information')
  expect(Object.keys(logging.logLevel).filter((category) => /Function|Host\.Aggregator|Queue/.test(category))).toEqual([])
})
