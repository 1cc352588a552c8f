import { app } from '@azure/functions'

/** The same echo in an app without streaming or other triggers. */
app.http('echo', {
  methods: ['POST'],
  authLevel: 'function',
  handler: async (request) => {
    const { answerBytes } = (await request.json()) as { answerBytes: number }
    return { jsonBody: { text: 'x'.repeat(answerBytes) } }
  },
})
app.http('health', { methods: ['GET'], authLevel: 'anonymous', handler: async () => ({ jsonBody: { status: 'ok' } }) })
