@description('Required. Name of the key vault.')
param name string

@description('Required. Region.')
param location string

@description('Required. Name of the key that wraps the data keys.')
param tokenKeyName string

@description('Required. Reachable from the internet; off where private endpoints exist.')
param publicAccess bool

@description('Required. Name of the Log Analytics workspace that keeps the audit log.')
param workspaceName string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: workspaceName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    // Without the wrapping key every stored token is lost.
    enablePurgeProtection: true
    publicNetworkAccess: publicAccess ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: publicAccess ? 'Allow' : 'Deny'
    }
  }
}

resource tokenKey 'Microsoft.KeyVault/vaults/keys@2024-11-01' = {
  parent: vault
  name: tokenKeyName
  properties: {
    kty: 'RSA'
    keySize: 3072
    keyOps: ['unwrapKey', 'wrapKey']
    attributes: {
      enabled: true
      exportable: false
    }
    // No version expires: data keys wrapped by an older one stay readable until they are wrapped anew.
    rotationPolicy: {
      lifetimeActions: [
        {
          action: { type: 'rotate' }
          trigger: { timeAfterCreate: 'P180D' }
        }
      ]
    }
  }
}

resource auditLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: workspace.id
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}
