import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { beforeAll, describe, expect, it } from 'vitest'

import { findBicep, infraFolder, type Resource, skippedWithout } from './bicep.ts'

const bicep = await findBicep()

const ofType = (resources: Resource[], type: string) => resources.filter((one) => one.type === type)
const only = (resources: Resource[], type: string) => {
  const [first, ...more] = ofType(resources, type)
  expect(more, type).toEqual([])
  return first as Resource
}

/** "{type of the scope} {role id}" of each role that the identity gets. */
const roles = (resources: Resource[]) =>
  ofType(resources, 'Microsoft.Authorization/roleAssignments').map(({ id, properties }) => {
    const scope = /providers\/([^/]+\/[^/]+)\/[^/]+\/providers\/Microsoft\.Authorization/.exec(id)?.[1]
    return `${scope} ${String(properties.roleDefinitionId).split('/').at(-1)}`
  })

// From https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
const everyday = [
  'Microsoft.Storage/storageAccounts b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  'Microsoft.Storage/storageAccounts 974c5e8b-45b9-4653-ba55-5f855dd0fb88',
  'Microsoft.Storage/storageAccounts 0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  'Microsoft.KeyVault/vaults 12338af0-0e69-4776-bea7-57ae8d297424',
  'Microsoft.KeyVault/vaults 21090545-7ca7-4776-b22c-e363652d74d2',
  'Microsoft.KeyVault/vaults 4633458b-17de-408a-b874-0445c86b69e6',
  'Microsoft.Insights/components 3913510d-42f4-4e42-8a64-420c390055eb',
]
const officers = [
  'Microsoft.KeyVault/vaults a4417e6f-fecd-4de8-b567-7b0420556985',
  'Microsoft.KeyVault/vaults b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
]

describe.skipIf(!bicep)(`the evaluated deployment${skippedWithout(bicep)}`, () => {
  let dev: Resource[]
  let prod: Resource[]
  let managing: Resource[]
  beforeAll(async () => {
    dev = await bicep!.evaluate('dev.bicepparam')
    prod = await bicep!.evaluate('prod.bicepparam')
    managing = await bicep!.evaluate('dev.bicepparam', 'param manageCredentials = true')
  })

  it('B1 has no shared key, no local authentication, no FTP, no basic publishing, and TLS 1.2 at least', () => {
    for (const resources of [dev, prod]) {
      expect(only(resources, 'Microsoft.Storage/storageAccounts').properties).toMatchObject({
        allowSharedKeyAccess: false,
        allowBlobPublicAccess: false,
        minimumTlsVersion: 'TLS1_2',
        supportsHttpsTrafficOnly: true,
      })
      expect(only(resources, 'Microsoft.Insights/components').properties).toMatchObject({ DisableLocalAuth: true })
      expect(only(resources, 'Microsoft.OperationalInsights/workspaces').properties).toMatchObject({
        features: { disableLocalAuth: true },
      })
      expect(only(resources, 'Microsoft.Web/sites').properties).toMatchObject({
        httpsOnly: true,
        siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.2', ftpsState: 'Disabled' },
      })
      const doors = ofType(resources, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies')
      expect(doors.map(({ name, properties }) => [name.split('/').at(-1), properties.allow])).toEqual([
        ['ftp', false],
        ['scm', false],
      ])
    }
  })

  it('B2 runs as one user-assigned identity with exactly the roles it needs', () => {
    const app = only(dev, 'Microsoft.Web/sites')
    const { id } = only(dev, 'Microsoft.ManagedIdentity/userAssignedIdentities')
    expect(app.identity).toEqual({ type: 'UserAssigned', userAssignedIdentities: { [id]: {} } })
    expect(app.properties).toMatchObject({
      functionAppConfig: {
        deployment: { storage: { authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: id } } },
      },
    })
    for (const { properties } of ofType(dev, 'Microsoft.Authorization/roleAssignments'))
      expect(properties.principalId).toContain(id)
    expect(roles(dev).sort()).toEqual(everyday.toSorted())
    expect(roles(prod).sort()).toEqual(everyday.toSorted())
  })

  it('B2 gives officer roles only with manageCredentials', () => {
    expect(roles(managing).sort()).toEqual([...everyday, ...officers].sort())
  })

  it('B2 never lets the wrapping key out of the vault, and rotates it', () => {
    const { properties } = only(dev, 'Microsoft.KeyVault/vaults/keys')
    expect(properties).toMatchObject({ kty: 'RSA', keyOps: ['unwrapKey', 'wrapKey'], attributes: { exportable: false } })
    expect(properties).toMatchObject({ rotationPolicy: { lifetimeActions: [{ action: { type: 'rotate' } }] } })
    // A version that expires would take the data keys with it that it wrapped.
    expect(JSON.stringify(properties)).not.toMatch(/expir|"exp"/i)
  })

  it('B3 has a vault with roles, soft delete, purge protection and its audit log in the workspace', () => {
    expect(only(dev, 'Microsoft.KeyVault/vaults').properties).toMatchObject({
      enableRbacAuthorization: true,
      enableSoftDelete: true,
      enablePurgeProtection: true,
    })
    const log = only(dev, 'Microsoft.Insights/diagnosticSettings')
    expect(log.id).toContain(`${only(dev, 'Microsoft.KeyVault/vaults').id}/providers/`)
    expect(log.properties).toEqual({
      workspaceId: only(dev, 'Microsoft.OperationalInsights/workspaces').id,
      logs: [{ categoryGroup: 'audit', enabled: true }],
    })
  })

  it('B4 closes storage and vault to the internet and opens private endpoints, where that is asked for', () => {
    for (const type of ['Microsoft.Storage/storageAccounts', 'Microsoft.KeyVault/vaults']) {
      expect(only(dev, type).properties.publicNetworkAccess).toBe('Enabled')
      const closed = { publicNetworkAccess: 'Disabled', networkAcls: { bypass: 'None', defaultAction: 'Deny' } }
      expect(only(prod, type).properties).toMatchObject(closed)
    }
    const endpoints = ofType(prod, 'Microsoft.Network/privateEndpoints').flatMap(
      ({ properties }) => (properties.privateLinkServiceConnections as { properties: { groupIds: string[] } }[])[0]?.properties,
    )
    const storage = only(prod, 'Microsoft.Storage/storageAccounts').id
    expect(endpoints).toEqual([
      { privateLinkServiceId: storage, groupIds: ['blob'] },
      { privateLinkServiceId: storage, groupIds: ['queue'] },
      { privateLinkServiceId: storage, groupIds: ['table'] },
      { privateLinkServiceId: only(prod, 'Microsoft.KeyVault/vaults').id, groupIds: ['vault'] },
    ])
    for (const type of ['privateDnsZones', 'privateDnsZones/virtualNetworkLinks', 'privateEndpoints/privateDnsZoneGroups']) {
      expect(ofType(prod, `Microsoft.Network/${type}`), type).toHaveLength(4)
    }
    expect(dev.filter(({ type }) => type.startsWith('Microsoft.Network/'))).toEqual([])
    expect(only(dev, 'Microsoft.Web/sites').properties.virtualNetworkSubnetId ?? null).toBeNull()
    expect(only(prod, 'Microsoft.Web/sites').properties.virtualNetworkSubnetId).toContain('functionsSubnetId')
  })

  it('B6 outputs names and addresses only, and never asks Azure for a key', async () => {
    const { template } = (await bicep!.compile('main.bicep')) as { template: { outputs: object } }
    expect(Object.keys(template.outputs)).toEqual(['functionAppName', 'redirectUri', 'vaultName'])
    expect(JSON.stringify(template)).not.toMatch(
      /list(Keys|Secrets|AccountSas|ServiceSas|ConnectionStrings)?\(|"secure(String|Object)"/i,
    )
    expect(ofType([...dev, ...prod, ...managing], 'Microsoft.KeyVault/vaults/secrets')).toEqual([])
  })

  it('makes the tables and queues that the app uses', () => {
    const made = (type: string) =>
      ofType(dev, `Microsoft.Storage/storageAccounts/${type}`).map(({ name }) => name.split('/').at(-1))
    const services = readFileSync(join(infraFolder, '../shared/services.ts'), 'utf8')
    expect(made('tableServices/tables')).toEqual([...services.matchAll(/table\('(\w+)'\)/g)].map(([, name]) => name).sort())
    const queues = [...services.matchAll(/_QUEUE = '(\w+)'/g)].map(([, name]) => name)
    expect(made('queueServices/queues')).toEqual(queues.flatMap((name) => [name, `${name}-poison`]))
  })
})

it('B2 keeps every role assignment in access.bicep', () => {
  const files = readdirSync(infraFolder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.bicep'))
  const assigning = files.filter((file) => readFileSync(join(infraFolder, file), 'utf8').includes('Microsoft.Authorization/'))
  expect(assigning).toEqual([join('modules', 'access.bicep')])
})

it('B6 has no secret in a parameter: none is declared secure, and the credential is named by its place in the vault', () => {
  for (const file of ['dev.bicepparam', 'prod.bicepparam']) {
    const text = readFileSync(join(infraFolder, file), 'utf8')
    expect(text).toMatch(/ENTRA_CREDENTIAL: 'secret:[0-9A-Za-z-]+'/)
    expect(text).not.toMatch(/AccountKey|SharedAccessSignature|InstrumentationKey|password/i)
  }
  expect(readFileSync(join(infraFolder, 'main.bicep'), 'utf8')).not.toContain('@secure')
})
