import { describe, expect, it } from 'vitest'

import {
  type AudienceKind,
  audienceKind,
  type Capability,
  type CredentialKind,
  capabilityOf,
  type Operation,
} from '../../../shared/oauth/capabilities.ts'
import { cloudNames, clouds } from '../../../shared/oauth/clouds.ts'

const audiences: AudienceKind[] = ['tenant', 'organizations', 'common', 'consumers']
const credentials: CredentialKind[] = ['secret', 'certificate', 'managedIdentity']
const operations: Operation[] = ['delegated', 'application']

const all = cloudNames.flatMap((cloud) =>
  audiences.flatMap((audience) =>
    credentials.flatMap((credential) => operations.map((operation) => ({ cloud, audience, credential, operation }))),
  ),
)
const excluded = (capability: Capability) => typeof capability === 'object'

describe('the capability table', () => {
  it('has no personal accounts outside the global cloud', () => {
    for (const one of all.filter(({ cloud, audience }) => cloud !== 'global' && ['common', 'consumers'].includes(audience))) {
      expect(excluded(capabilityOf(one)), JSON.stringify(one)).toBe(true)
    }
  })

  it('has no application permissions where personal accounts are allowed', () => {
    for (const one of all.filter(
      ({ audience, operation }) => operation === 'application' && ['common', 'consumers'].includes(audience),
    )) {
      expect(excluded(capabilityOf(one)), JSON.stringify(one)).toBe(true)
    }
  })

  it('takes client assertions for organisations only', () => {
    expect(capabilityOf({ cloud: 'global', audience: 'organizations', credential: 'certificate', operation: 'delegated' })).toBe(
      'confirmed',
    )
    expect(
      capabilityOf({ cloud: 'global', audience: 'common', credential: 'certificate', operation: 'delegated' }),
    ).toMatchObject({
      excluded: expect.stringContaining('common'),
    })
  })

  it('allows every credential for organisations in every cloud, and marks what nobody has confirmed', () => {
    for (const one of all.filter(({ audience }) => ['tenant', 'organizations'].includes(audience))) {
      expect(excluded(capabilityOf(one)), JSON.stringify(one)).toBe(false)
    }
    expect(capabilityOf({ cloud: 'china', audience: 'tenant', credential: 'managedIdentity', operation: 'application' })).toBe(
      'unconfirmed',
    )
  })

  it('gives every exclusion a reason that a person can act on', () => {
    for (const one of all) {
      const capability = capabilityOf(one)
      if (typeof capability === 'object') expect(capability.excluded).toMatch(/^[A-Z].{20,}\.$/)
    }
  })

  it('knows the kind of an audience', () => {
    expect(
      ['organizations', 'common', 'consumers', 'contoso.com', 'c0470500-0000-4000-8000-000000000001'].map(audienceKind),
    ).toEqual(['organizations', 'common', 'consumers', 'tenant', 'tenant'])
  })
})

describe('the clouds', () => {
  it('share no Graph host, and none leads out of TLS', () => {
    const graphs = cloudNames.map((name) => clouds[name].graph.href)
    expect(new Set(graphs).size).toBe(graphs.length)
    for (const name of cloudNames) {
      const { authority, graph, outlookResource, outlookAppResource } = clouds[name]
      for (const url of [authority, graph, new URL(outlookResource), new URL(outlookAppResource)])
        expect(url.protocol).toBe('https:')
    }
  })
})
