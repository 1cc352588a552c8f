@export()
@sealed()
@description('App settings that differ between deployments; names and meaning as in shared/config.ts.')
type gatewaySettings = {
  @description('Required. Client id of the app registration.')
  ENTRA_CLIENT_ID: string

  @description('Required. "organizations", or a tenant id or domain.')
  ENTRA_AUDIENCE: string

  @description('Required. "secret:" and the name of a secret in the vault; never the secret.')
  ENTRA_CREDENTIAL: string

  @description('Optional. What the gateway asks mailbox owners for, comma-separated.')
  ENTRA_PERMISSIONS: string?

  @description('Optional. How Entra returns to the callback.')
  ENTRA_RESPONSE_MODE: ('form_post' | 'query')?

  @description('Optional. Where browsers may be sent after sign-in, comma-separated.')
  RETURN_URLS: string?

  @description('Optional. What a holder of the host key may do, comma-separated.')
  HOST_KEY_PERMISSIONS: string?

  @description('Optional. Address of the gateway for browsers, where it has a custom domain.')
  PUBLIC_BASE_URL: string?

  @description('Optional. NCRONTAB expression of the refresh timer.')
  REFRESH_SCHEDULE: string?

  @description('Optional. Largest message, in 1,048,576 bytes of base64.')
  MAX_MESSAGE_MB: string?

  @description('Optional. Bytes in flight that one instance admits, in 1,048,576 bytes.')
  STREAM_BUDGET_MB: string?
}

@description('Required. Name of the function app.')
param name string

@description('Required. Name of the plan.')
param planName string

@description('Required. Region.')
param location string

@description('Required. Version of Node.')
param nodeVersion ('22' | '24')

@description('Required. Memory of one instance.')
param instanceMemoryMB (2048 | 4096)

@description('Required. Spread instances over zones.')
param zoneRedundant bool

@description('Required. Name of the identity that the app runs as.')
param identityName string

@description('Required. Name of the storage account.')
param storageName string

@description('Required. Container that holds the published app.')
param packageContainerName string

@description('Required. Name of the key vault.')
param vaultName string

@description('Required. Name of the wrapping key.')
param tokenKeyName string

@description('Required. Name of the Application Insights component.')
param insightsName string

@description('Optional. Subnet that outgoing calls leave from.')
param subnetId string?

@description('Required. App settings of this deployment.')
param settings gatewaySettings

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
    functionAppConfig: {
      runtime: { name: 'node', version: nodeVersion }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: 100
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${packageContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
    }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  // Apart from the app, because the app's own host name is one of them.
  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(
      {
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identity.properties.clientId}'
        APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
        AZURE_CLIENT_ID: identity.properties.clientId
        AzureWebJobsStorage__blobServiceUri: storage.properties.primaryEndpoints.blob
        AzureWebJobsStorage__clientId: identity.properties.clientId
        AzureWebJobsStorage__credential: 'managedidentity'
        AzureWebJobsStorage__queueServiceUri: storage.properties.primaryEndpoints.queue
        AzureWebJobsStorage__tableServiceUri: storage.properties.primaryEndpoints.table
        CALLER_IDENTITY: 'hostKey'
        KEY_VAULT_URL: vault.properties.vaultUri
        PUBLIC_BASE_URL: 'https://${app.properties.defaultHostName}'
        REFRESH_SCHEDULE: '0 */5 * * * *'
        TOKEN_KEY_NAME: tokenKeyName
      },
      settings
    )
  }
}

@description('Where browsers and callers reach the gateway.')
output baseUrl string = settings.?PUBLIC_BASE_URL ?? 'https://${app.properties.defaultHostName}'
