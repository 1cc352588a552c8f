using 'main.bicep'

param name = 'mail-dev'
param alertEmail = 'you@example.com'
param settings = {
  ENTRA_CLIENT_ID: '00000000-0000-0000-0000-000000000000'
  ENTRA_AUDIENCE: 'organizations'
  ENTRA_CREDENTIAL: 'secret:entra-client-secret'
  RETURN_URLS: 'http://localhost:3000/done'
}
