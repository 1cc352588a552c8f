import { globSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { build, type Plugin } from 'esbuild'

import { bundleApp } from '../../scripts/build.ts'

const root = join(import.meta.dirname, '../..')

export const OUR_APP = join(root, 'dist/app')

/** Apps to compare with, in a folder that is removed in the end. */
export interface Apps {
  /** One function, no streaming. */
  hello: string
  /** An echo beside triggers and streaming as ours has them. */
  helloLikeOurs: string
  /** The same echo alone. */
  echo: string
  /** Ours compiled file by file; packages come from `node_modules`. */
  unbundled: string
  /** Loads an app and prints how many functions it registered. */
  loader: string
  remove(): void
}

/** Builds them with the options of our own bundle. */
export async function buildApps(): Promise<Apps> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-bench-'))
  const bundled = async (name: string) => {
    await bundleApp(join(import.meta.dirname, `apps/${name}.ts`), join(folder, name))
    return join(folder, name)
  }
  return {
    hello: await bundled('hello'),
    helloLikeOurs: await bundled('hello-like-ours'),
    echo: await bundled('echo'),
    unbundled: await compileOurs(join(folder, 'unbundled')),
    loader: await compileLoader(join(folder, 'loader.mjs')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Plain JavaScript, so that no run pays for type stripping. */
async function compileLoader(outfile: string): Promise<string> {
  await build({ entryPoints: [join(import.meta.dirname, 'apps/loader.ts')], outfile, format: 'esm', platform: 'node' })
  return outfile
}

/** Every import stays where it is and names the compiled file. */
const keepImports: Plugin = {
  name: 'keep-imports',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\..*\.ts$/ }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path: path.replace(/\.ts$/, '.js'), external: true },
    )
  },
}

async function compileOurs(outdir: string): Promise<string> {
  const entryPoints = globSync(['functions/**/*.ts', 'shared/**/*.ts'], { cwd: root }).map((file) => join(root, file))
  await build({
    entryPoints,
    outdir,
    outbase: root,
    bundle: true,
    packages: 'external',
    plugins: [keepImports],
    format: 'esm',
    platform: 'node',
    target: 'node22',
    logLevel: 'warning',
  })
  symlinkSync(join(root, 'node_modules'), join(outdir, 'node_modules'))
  writeFileSync(join(outdir, 'package.json'), JSON.stringify({ type: 'module' }))
  return outdir
}
