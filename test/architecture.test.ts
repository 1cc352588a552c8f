import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
}

/** [importing file, imported file or package], relative to the root. */
function imports(folder: string): [string, string][] {
  return sources(folder).flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, name]): [string, string] => {
      const target = name as string
      return [file, target.startsWith('.') ? relative(root, resolve(root, dirname(file), target)) : target]
    })
  })
}

const product = [...imports('functions'), ...imports('shared')]
const shown = (pairs: [string, string][]) => pairs.map((pair) => pair.join(' → '))

it('lets nothing of the product import the sandbox, the tests or the scripts', () => {
  expect(shown(product.filter(([, target]) => /^(sandbox|test|scripts)\//.test(target)))).toEqual([])
})

it('lets nothing below import the functions', () => {
  expect(shown(imports('shared').filter(([, target]) => target.startsWith('functions/')))).toEqual([])
})

it('lets only services.ts reach into azure/, and only azure/ use the Azure SDKs', () => {
  const wires = ({ 0: file, 1: target }: [string, string]) =>
    target.startsWith('shared/azure/') && !file.startsWith('shared/azure/') && file !== 'shared/services.ts'
  expect(shown(product.filter(wires))).toEqual([])
  const sdks = ({ 0: file, 1: target }: [string, string]) =>
    target.startsWith('@azure/') && target !== '@azure/functions' && !file.startsWith('shared/azure/')
  expect(shown(product.filter(sdks))).toEqual([])
})

it('reads the environment in functions/index.ts alone', () => {
  const readers = [...sources('functions'), ...sources('shared')].filter((file) =>
    readFileSync(join(root, file), 'utf8').includes('process.env'),
  )
  expect(readers).toEqual(['functions/index.ts'])
})

it('knows the runtime of Functions only where requests come in', () => {
  const users = product.filter(([file, target]) => target === '@azure/functions' && !/^(functions|shared\/http)\//.test(file))
  expect(shown(users)).toEqual([])
})
