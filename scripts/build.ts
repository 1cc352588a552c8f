import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')

// `@azure/functions-core` is the host's own module; `@azure/functions` and some SDKs call `require`, which ESM lacks.
const banner = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

/** Bundles an app to a folder as it gets published: an entry and lazy chunks, no `node_modules`. What was in the folder is lost. */
export async function bundleApp(entry: string, target: string): Promise<void> {
  rmSync(target, { recursive: true, force: true })
  await build({
    entryPoints: { index: entry },
    outdir: target,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    // ESM builds where a package has one: they split and shake.
    mainFields: ['module', 'main'],
    target: 'node22',
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    external: ['@azure/functions-core'],
    banner: { js: banner },
    // Identifiers stay: a stack trace from production should name our functions.
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: false,
    logLevel: 'warning',
  })
  cpSync(join(root, 'host.json'), join(target, 'host.json'))
  const { name, version, license, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const manifest = { name, version, private: true, license, type: 'module', main: 'index.mjs', engines }
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

/** Bundles the gateway to `dist/app`. */
export function buildApp(): Promise<void> {
  return bundleApp(join(root, 'functions/index.ts'), join(root, 'dist/app'))
}

if (import.meta.main) await buildApp()
