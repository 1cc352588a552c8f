import { app } from '@azure/functions'

// The triggers and the streaming of the gateway with no work behind them: what the host does for them is the same on both sides.
app.setup({ enableHttpStream: true })

/** Answers as many bytes as it is asked for. */
app.http('echo', {
  methods: ['POST'],
  authLevel: 'function',
  handler: async (request) => {
    const { answerBytes } = (await request.json()) as { answerBytes: number }
    return { jsonBody: { text: 'x'.repeat(answerBytes) } }
  },
})
app.http('health', { methods: ['GET'], authLevel: 'anonymous', handler: async () => ({ jsonBody: { status: 'ok' } }) })
app.timer('tick', { schedule: '%REFRESH_SCHEDULE%', handler: async () => {} })
app.storageQueue('work', { queueName: 'hello', connection: 'AzureWebJobsStorage', handler: async () => {} })
