import type { FunctionCallback, FunctionMetadata, LogCategory, LogLevel, ProgrammingModel } from './core-types.ts'
import type { Log } from './log.ts'

export type HookName = 'appStart' | 'appTerminate' | 'preInvocation' | 'postInvocation' | 'log'
export type HookCallback = (context: object) => unknown

export interface RegisteredFunction {
  id: string
  metadata: FunctionMetadata
  callback: FunctionCallback
}

/** What the app registered through the module `@azure/functions-core`. */
export interface Registrations {
  model?: ProgrammingModel
  functions: Map<string, RegisteredFunction>
  hooks: Record<HookName, HookCallback[]>
  /** True once the functions were indexed: nothing can be registered any more. */
  indexed: boolean
}

export class SystemError extends Error {
  readonly isAzureFunctionsSystemError = true
}

class SystemRangeError extends RangeError {
  readonly isAzureFunctionsSystemError = true
}

class Disposable {
  readonly #dispose: () => void
  constructor(dispose: () => void) {
    this.#dispose = dispose
  }
  static from(...disposables: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const disposable of disposables) disposable.dispose()
    })
  }
  dispose(): void {
    this.#dispose()
  }
}

/**
 * The object that `require('@azure/functions-core')` answers in the worker, and what was registered through it.
 * @param write the host's log; category `Worker` gets what the package says outside of an invocation
 */
export function createCoreModule(write: Log): { core: object; registrations: Registrations } {
  const registrations: Registrations = {
    functions: new Map(),
    hooks: { appStart: [], appTerminate: [], preInvocation: [], postInvocation: [], log: [] },
    indexed: false,
  }
  const core = {
    version: '3.12.0',
    hostVersion: '4.1037.0',
    Disposable,
    setProgrammingModel: (model: ProgrammingModel) => {
      registrations.model = model
    },
    getProgrammingModel: () => registrations.model,
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
      registerFunction(registrations, metadata, callback),
    registerHook: (name: string, callback: HookCallback) => registerHook(registrations, name, callback),
    log: (level: LogLevel, _category: LogCategory, message: string) => write(level, 'Worker', message),
  }
  return { core, registrations }
}

function registerFunction(registrations: Registrations, metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
  if (registrations.indexed) throw new SystemError('A function can only be registered during app startup.')
  const id = metadata.functionId || metadata.name
  if (registrations.functions.has(id)) throw new SystemError(`A function with id "${id}" has already been registered.`)
  registrations.functions.set(id, { id, metadata, callback })
  return new Disposable(() => {
    if (registrations.indexed) throw new SystemError('A function can only be disposed during app startup.')
    registrations.functions.delete(id)
  })
}

function registerHook(registrations: Registrations, name: string, callback: HookCallback): Disposable {
  const callbacks = Object.hasOwn(registrations.hooks, name) ? registrations.hooks[name as HookName] : undefined
  if (!callbacks) throw new SystemRangeError(`Unrecognized hook "${name}"`)
  callbacks.push(callback)
  return new Disposable(() => {
    const index = callbacks.indexOf(callback)
    if (index >= 0) callbacks.splice(index, 1)
  })
}
