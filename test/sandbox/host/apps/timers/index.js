import { app } from '@azure/functions'

const runs = []

app.timer('tick', {
  schedule: '%TICK_SCHEDULE%',
  handler: (timer) => {
    runs.push({ ...timer, on: new Date().toISOString() })
    if (process.env.TICK_FAILS) throw new Error('the timer broke')
  },
})
app.http('runs', { authLevel: 'anonymous', handler: () => ({ jsonBody: runs }) })
