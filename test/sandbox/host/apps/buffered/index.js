import { registerHttpFunctions } from '../http-functions.js'

registerHttpFunctions()
