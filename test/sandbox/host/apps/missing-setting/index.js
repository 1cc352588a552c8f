import { app } from '@azure/functions'

app.timer('tick', { schedule: '%NO_SUCH_SETTING%', handler: () => {} })
