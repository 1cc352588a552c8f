import { app } from '@azure/functions'

const { log: print } = console
print('printed by the app')
process.stdout.write('written by the app\n')

app.hook.appStart((context) => {
  context.hookData.started = true
})
app.hook.appTerminate(() => print('the app was told to end'))
app.hook.preInvocation((context) => {
  const { functionHandler } = context
  context.functionHandler = async (request, invocation) => {
    const answer = await functionHandler(request, invocation)
    return { ...answer, headers: { 'x-hook': 'before' } }
  }
})
app.hook.postInvocation((context) => {
  if (context.error?.message === 'forgiven') {
    context.error = null
    context.result = { body: 'forgiven' }
  }
})
app.hook.log((context) => {
  context.message = context.message.replace('hush', '***')
})

app.http('environment', {
  authLevel: 'anonymous',
  handler: (_request, context) => {
    context.log('say hush')
    context.debug('below the level')
    const { FUNCTIONS_WORKER_RUNTIME, GREETING } = process.env
    return { jsonBody: { FUNCTIONS_WORKER_RUNTIME, GREETING, cwd: process.cwd(), now: Date.now() } }
  },
})
app.http('forgiven', {
  authLevel: 'anonymous',
  handler: () => {
    throw new Error('forgiven')
  },
})
app.http('late', {
  authLevel: 'anonymous',
  handler: () => {
    try {
      app.http('too-late', { handler: () => ({}) })
      return { body: 'registered' }
    } catch (error) {
      return { body: error.message }
    }
  },
})
app.http('crash', {
  authLevel: 'anonymous',
  handler: () => {
    setImmediate(() => Promise.reject(new Error('nobody caught this')))
    return { body: 'soon' }
  },
})
