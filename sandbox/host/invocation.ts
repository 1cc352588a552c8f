import { randomUUID } from 'node:crypto'

import type { Activity } from './activity.ts'
import type { App } from './app-loader.ts'
import type { HookName, RegisteredFunction } from './core-module.ts'
import type {
  Binding,
  CoreInvocationContext,
  InvocationModel,
  InvocationResponse,
  LogCategory,
  LogLevel,
  TypedData,
} from './core-types.ts'
import type { Log } from './log.ts'

/** What a trigger hands to its function. */
export interface Trigger {
  data: TypedData
  triggerMetadata: Record<string, TypedData>
  /** Absent: a new one. */
  invocationId?: string
}

/** Runs a function once; rejects with what it threw. */
export type Invoke = (target: RegisteredFunction, trigger: Trigger) => Promise<InvocationResponse>

/** One invocation, in the steps of the Node.js worker's InvocationHandler. */
export function createInvoke(app: App, activity: Activity, log: Log): Invoke {
  return (target, trigger) => activity.track(() => invoke(app, log, target, trigger))
}

async function invoke(app: App, log: Log, target: RegisteredFunction, trigger: Trigger): Promise<InvocationResponse> {
  const { metadata } = target
  const invocationId = trigger.invocationId ?? randomUUID()
  const scope: { context?: unknown } = {}
  const core: CoreInvocationContext = {
    invocationId,
    metadata,
    request: {
      invocationId,
      functionId: target.id,
      inputData: [{ name: triggerBinding(target).name, data: trigger.data }],
      triggerMetadata: trigger.triggerMetadata,
      traceContext: { traceParent: '', traceState: '', attributes: {} },
    },
    log: (level, category, message) => writeLog(app, log, metadata.name, scope.context, level, category, message),
  }
  const model = await app.model.getInvocationModel(core)
  const { context, inputs } = await model.getArguments()
  scope.context = context
  const result = await runWithHooks(app, core, model, context, inputs, target)
  return model.getResponse(context, result)
}

async function runWithHooks(
  app: App,
  core: CoreInvocationContext,
  model: InvocationModel,
  context: unknown,
  inputs: unknown[],
  target: RegisteredFunction,
): Promise<unknown> {
  const shared = { hookData: {}, appHookData: app.appHookData, invocationContext: context }
  core.state = 'preInvocationHooks'
  const before = { ...shared, inputs, functionCallback: target.callback }
  await runHooks(app, 'preInvocation', before)

  core.state = 'invocation'
  let result: unknown = null
  let error: unknown = null
  try {
    result = await model.invokeFunction(context, before.inputs, before.functionCallback)
  } catch (thrown) {
    error = thrown ?? new Error(`The function threw ${thrown}.`)
  }

  core.state = 'postInvocationHooks'
  const after = { ...shared, inputs: before.inputs, result, error }
  await runHooks(app, 'postInvocation', after)
  // A hook may clear the error, and then the invocation succeeded.
  if (after.error !== null && after.error !== undefined) throw after.error
  return after.result
}

async function runHooks(app: App, name: HookName, context: object): Promise<void> {
  for (const hook of app.registrations.hooks[name]) await hook(context)
}

function writeLog(
  app: App,
  log: Log,
  name: string,
  invocationContext: unknown,
  level: LogLevel,
  category: LogCategory,
  message: string,
): void {
  if (category === 'customMetric') return
  const entry = { hookData: {}, appHookData: app.appHookData, invocationContext, level, category, message }
  for (const hook of app.registrations.hooks.log) hook(entry)
  // What the system says cannot be changed by a hook.
  if (category === 'user') log(entry.level, `Function.${name}.User`, entry.message)
  else log(level, `Function.${name}`, message)
}

/** The binding that starts the function. */
export function triggerBinding(target: RegisteredFunction): Binding {
  const binding = Object.entries(target.metadata.bindings).find(([, { type }]) => type.toLowerCase().endsWith('trigger'))
  if (!binding) throw new Error(`Function '${target.metadata.name}' has no trigger.`)
  return { ...binding[1], name: binding[0] }
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
