import Module from 'node:module'
import { pathToFileURL } from 'node:url'

interface Model {
  getCapabilities(given: object): Promise<object>
}

// Loads an app as the Functions worker does and says how many functions it registered: nothing else, so that the time is the app's.
let model: Model | undefined
let functions = 0
const core = {
  setProgrammingModel: (given: Model) => {
    model = given
  },
  registerFunction: () => {
    functions += 1
    return { dispose: () => {} }
  },
  registerHook: () => ({ dispose: () => {} }),
  log: () => {},
}
const prototype = Module.prototype as unknown as { require(id: string): unknown }
const original = prototype.require
prototype.require = function (id) {
  return id === '@azure/functions-core' ? core : original.call(this, id)
}

await import(pathToFileURL(process.argv[2] as string).href)
await model?.getCapabilities({})
process.stdout.write(`${functions}\n`, () => process.exit(0))
