import { readFileSync } from 'node:fs'

import type { Binding } from './core-types.ts'

/** Reads the settings file: a JSON object of environment name → value. */
export function readSettings(file: string): Record<string, string> {
  const settings = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]))
}

/** Puts what the platform sets and then the app settings, which win, into this process's environment. */
export function applySettings(settings: Record<string, string>, appFolder: string): void {
  Object.assign(
    process.env,
    {
      AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
      AzureWebJobsScriptRoot: appFolder,
      FUNCTIONS_EXTENSION_VERSION: '~4',
      FUNCTIONS_WORKER_RUNTIME: 'node',
    },
    settings,
  )
}

/**
 * Replaces `%NAME%` in the values of a trigger by the app setting of that name. An HTTP route is taken as it is.
 * @throws Error naming the setting that is missing
 */
export function resolveBinding(functionName: string, binding: Binding, env: NodeJS.ProcessEnv): Binding {
  if (binding.type === 'httpTrigger') return binding
  const resolve = (value: unknown) =>
    typeof value === 'string'
      ? value.replace(/%([^%]+)%/g, (text, name: string) => {
          const setting = env[name]
          if (setting === undefined) throw new Error(`Function '${functionName}': ${text} does not resolve to a value.`)
          return setting
        })
      : value
  return Object.fromEntries(Object.entries(binding).map(([name, value]) => [name, resolve(value)])) as Binding
}
