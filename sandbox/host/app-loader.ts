import { globSync, readFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { createCoreModule, type Registrations } from './core-module.ts'
import type { ProgrammingModel } from './core-types.ts'
import type { Log } from './log.ts'

export interface App {
  folder: string
  model: ProgrammingModel
  registrations: Registrations
  /** Shared by all hooks of the app. */
  appHookData: object
  /** Where the app's own HTTP server listens when it has turned HTTP streaming on. */
  httpUri?: URL
}

/**
 * Loads the app as the Node.js worker does: entry points of package.json `main`, `appStart` hooks, then the capabilities,
 * which lock `app.setup`.
 * @throws whatever an entry point throws, and an Error when `main` names no file
 */
export async function loadApp(folder: string, log: Log): Promise<App> {
  const { core, registrations } = createCoreModule(log)
  answerRequire('@azure/functions-core', core)
  await loadEntryPoints(folder)

  const appHookData = {}
  await runAppHooks('appStart', registrations, { functionAppDirectory: folder, appHookData, hookData: {} })

  const { model } = registrations
  if (!model) throw new Error('The app registered no function.')
  const capabilities = await model.getCapabilities({})
  registrations.indexed = true
  return {
    folder,
    model,
    registrations,
    appHookData,
    httpUri: capabilities.HttpUri ? new URL(capabilities.HttpUri) : undefined,
  }
}

/** Runs `appStart` or `appTerminate` hooks in the order of their registration. */
export async function runAppHooks(
  name: 'appStart' | 'appTerminate',
  registrations: Registrations,
  context: { appHookData: object; hookData: object; functionAppDirectory?: string },
): Promise<void> {
  for (const hook of registrations.hooks[name]) await hook(context)
}

/** The worker answers this one module out of its own memory, for each copy of `@azure/functions`; it is in no package. */
function answerRequire(name: string, answer: object): void {
  const prototype = Module.prototype as unknown as { require(id: string): unknown }
  const original = prototype.require
  prototype.require = function (id) {
    return id === name ? answer : original.call(this, id)
  }
}

async function loadEntryPoints(folder: string): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { main?: string; type?: string }
  if (!manifest.main) throw new Error('package.json of the app has no "main".')
  const files = globSync(manifest.main, { cwd: folder })
  if (files.length === 0) throw new Error(`Found zero files matching the supplied pattern "${manifest.main}".`)
  const require = createRequire(join(folder, 'package.json'))
  for (const file of files.sort()) {
    const path = join(folder, file)
    if (file.endsWith('.mjs') || (manifest.type === 'module' && !file.endsWith('.cjs'))) await import(pathToFileURL(path).href)
    else require(path)
  }
}
