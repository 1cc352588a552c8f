import { app } from '@azure/functions'

const received = []
const held = []

app.storageQueue('work', {
  queueName: '%WORK_QUEUE%',
  connection: 'AzureWebJobsStorage',
  handler: async (message, context) => {
    if (message === 'held') await new Promise((resolve) => held.push(resolve))
    received.push({ message, metadata: context.triggerMetadata })
    if (message === 'fails' || message?.fails > context.triggerMetadata.dequeueCount - 1)
      throw new Error('the message was refused')
  },
})
app.http('received', { authLevel: 'anonymous', handler: () => ({ jsonBody: received }) })
app.http('held', { authLevel: 'anonymous', handler: () => ({ jsonBody: held.length }) })
app.http('release', {
  authLevel: 'anonymous',
  handler: (request) => {
    for (const resume of held.splice(0, Number(request.query.get('count')))) resume()
    return { jsonBody: held.length }
  },
})
