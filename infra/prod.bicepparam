using 'main.bicep'

param name = 'mail-prod'
param alertEmail = 'on-call@example.com'
param privateNetwork = true
param zoneRedundant = true
param instanceMemoryMB = 4096
param settings = {
  ENTRA_CLIENT_ID: '00000000-0000-0000-0000-000000000000'
  ENTRA_AUDIENCE: 'organizations'
  ENTRA_CREDENTIAL: 'secret:entra-client-secret'
  ENTRA_PERMISSIONS: 'send,read,organize'
  RETURN_URLS: 'https://crm.example.com/mail/connected'
}
