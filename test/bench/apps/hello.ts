import { app } from '@azure/functions'

/** Hello-world: one function, as `func init` makes it. */
app.http('hello', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => ({ body: 'Hello, world!' }),
})
