import { app } from '@azure/functions'

app.storageBlob('onBlob', { path: 'container/{name}', connection: 'AzureWebJobsStorage', handler: () => {} })
