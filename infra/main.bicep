import { gatewaySettings } from 'modules/functions.bicep'

@description('Required. Short name of the deployment, in the names of its resources.')
@minLength(3)
@maxLength(9)
param name string

@description('Optional. Region.')
param location string = resourceGroup().location

@description('Required. App settings of this deployment.')
param settings gatewaySettings

@description('Required. Mail address of the people on call.')
param alertEmail string

@description('Optional. Let the gateway itself write secrets and import certificates.')
param manageCredentials bool = false

@description('Optional. Reach storage and vault by private endpoints only.')
param privateNetwork bool = false

@description('Optional. Address range of the private network, a /24 or larger.')
param addressPrefix string = '10.60.0.0/24'

@description('Optional. Survive the loss of a zone, where the region has zones.')
param zoneRedundant bool = false

@description('Optional. Version of Node.')
param nodeVersion ('22' | '24') = '24'

@description('Optional. Memory of one instance.')
param instanceMemoryMB (2048 | 4096) = 2048

var suffix = uniqueString(resourceGroup().id, name)
var appName = toLower('${name}-${suffix}')
var planName = '${appName}-plan'
var identityName = '${appName}-identity'
var workspaceName = '${appName}-logs'
var insightsName = '${appName}-insights'
var vaultName = toLower('${name}${suffix}')
var tokenKeyName = 'token-key'
var storageName = replace(vaultName, '-', '')
var packageContainerName = 'app-package'

module identity 'modules/identity.bicep' = {
  params: {
    name: identityName
    location: location
  }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    workspaceName: workspaceName
    insightsName: insightsName
    location: location
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: storageName
    location: location
    packageContainerName: packageContainerName
    zoneRedundant: zoneRedundant
    publicAccess: !privateNetwork
  }
}

module vault 'modules/vault.bicep' = {
  dependsOn: [monitoring]
  params: {
    name: vaultName
    location: location
    tokenKeyName: tokenKeyName
    publicAccess: !privateNetwork
    workspaceName: workspaceName
  }
}

module access 'modules/access.bicep' = {
  dependsOn: [identity, monitoring, storage, vault]
  params: {
    identityName: identityName
    storageName: storageName
    vaultName: vaultName
    insightsName: insightsName
    manageCredentials: manageCredentials
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  dependsOn: [storage, vault]
  params: {
    name: '${appName}-network'
    location: location
    addressPrefix: addressPrefix
    storageName: storageName
    vaultName: vaultName
  }
}

module functions 'modules/functions.bicep' = {
  // The first start already needs its roles.
  dependsOn: [access]
  params: {
    name: appName
    planName: planName
    location: location
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    zoneRedundant: zoneRedundant
    identityName: identityName
    storageName: storageName
    packageContainerName: packageContainerName
    vaultName: vaultName
    tokenKeyName: tokenKeyName
    insightsName: insightsName
    subnetId: network.?outputs.functionsSubnetId
    settings: settings
  }
}

module alerts 'modules/alerts.bicep' = {
  dependsOn: [monitoring, vault]
  params: {
    name: appName
    location: location
    email: alertEmail
    workspaceName: workspaceName
    vaultName: vaultName
  }
}

@description('Name of the function app, for "func azure functionapp publish".')
output functionAppName string = appName

@description('Redirect URI to register at the app registration.')
output redirectUri string = '${functions.outputs.baseUrl}/api/oauth/callback'

@description('Vault that takes the credential which the settings name.')
output vaultName string = vaultName
