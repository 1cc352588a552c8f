import { randomUUID } from 'node:crypto'

import type { App } from './app-loader.ts'
import type { RegisteredFunction } from './core-module.ts'
import type { CoreInvocationContext, InvocationRequest, InvocationResponse, TypedData } from './core-types.ts'
import type { Log } from './log.ts'

export interface Invocation {
  invocationId?: string
  inputData: { name: string; data: TypedData }[]
  triggerMetadata?: Record<string, TypedData>
}

/** Runs functions as the worker's InvocationHandler does, and knows how many are running. */
export class Invoker {
  readonly #app: App
  readonly #log: Log
  #running = 0
  #idle: (() => void)[] = []

  constructor(app: App, log: Log) {
    this.#app = app
    this.#log = log
  }

  /** Resolves when no invocation runs. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** @throws what the function, or a hook that did not clear it, threw */
  async invoke(target: RegisteredFunction, invocation: Invocation): Promise<InvocationResponse> {
    this.#running += 1
    try {
      return await this.#run(target, invocation)
    } finally {
      this.#running -= 1
      if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve()
    }
  }

  async #run({ id, metadata, callback }: RegisteredFunction, { invocationId = randomUUID(), ...given }: Invocation) {
    const { model, registrations, appHookData } = this.#app
    const request: InvocationRequest = {
      invocationId,
      functionId: id,
      inputData: given.inputData,
      triggerMetadata: given.triggerMetadata ?? {},
      traceContext: { traceParent: '', traceState: '', attributes: {} },
    }
    const core: CoreInvocationContext = {
      invocationId,
      request,
      metadata,
      log: (level, category, message) => this.#log(level, category === 'user' ? `Function.${metadata.name}.User` : 'Worker', message),
    }
    const invocation = await model.getInvocationModel(core)
    const { context, inputs } = await invocation.getArguments()
    const shared = { hookData: {}, appHookData, invocationContext: context }
    core.state = 'preInvocationHooks'
    const before = { ...shared, functionCallback: callback, inputs }
    for (const hook of registrations.hooks.preInvocation) await hook(before)
    core.state = 'invocation'
    const after: { inputs: unknown[]; result: unknown; error: unknown } & typeof shared = { ...shared, inputs: before.inputs, result: null, error: null }
    try {
      after.result = (await invocation.invokeFunction(context, before.inputs, before.functionCallback)) ?? null
    } catch (error) {
      after.error = error ?? new Error('The function threw nothing.')
    }
    core.state = 'postInvocationHooks'
    for (const hook of registrations.hooks.postInvocation) await hook(after)
    if (after.error) throw after.error
    return invocation.getResponse(context, after.result ?? undefined)
  }
}
