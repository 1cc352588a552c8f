const { app } = require('@azure/functions')

app.http('bye', { authLevel: 'anonymous', handler: () => ({ body: 'bye' }) })
