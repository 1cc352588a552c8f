@description('Required. Name of the user-assigned identity.')
param name string

@description('Required. Region.')
param location string

// User-assigned, so that every role is granted before the app starts for the first time.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
}
