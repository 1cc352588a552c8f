import { app } from '@azure/functions'

import { registerHttpFunctions } from '../http-functions.js'

app.setup({ enableHttpStream: true })
registerHttpFunctions()
