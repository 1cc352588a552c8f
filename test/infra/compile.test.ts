import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { findBicep, infraFolder, skippedWithout } from './bicep.ts'

const bicep = await findBicep()
const files = readdirSync(infraFolder, { recursive: true, encoding: 'utf8' })
const text = (file: string) => readFileSync(join(infraFolder, file), 'utf8')
const modules = files.filter((file) => /^modules.+\.bicep$/.test(file))

it.skipIf(!bicep).each(['main.bicep', ...files.filter((file) => file.endsWith('.bicepparam'))])(
  `compiles %s and what it uses without a warning${skippedWithout(bicep)}`,
  async (file) => {
    const { template, complaints } = await bicep!.compile(file)
    expect(complaints).toEqual([])
    expect(template).toBeTypeOf('object')
  },
)

it('uses every module, once, from main.bicep, and none from elsewhere', () => {
  const used = [...text('main.bicep').matchAll(/^module \w+ '([^']+)'/gm)].map(([, file]) => file)
  expect(used.sort()).toEqual(modules.sort())
})

it('keeps resources out of main.bicep', () => {
  expect(text('main.bicep')).not.toMatch(/^resource /m)
})

it('describes every parameter as required or optional, and every output', () => {
  const undescribed = ['main.bicep', ...modules].flatMap((file) => {
    const described = /@description\('((?:[^'\\]|\\.)+)'\)\n(?:@.*\n)*(param|output) (\w+)/g
    const found = [...text(file).matchAll(described)]
    const good = found.filter(([, words, kind]) => kind === 'output' || /^(Required|Optional)\. [A-Z]/.test(words as string))
    const all = [...text(file).matchAll(/^(?:param|output) (\w+)/gm)].map(([, name]) => name)
    return all.filter((name) => !good.some((one) => one[3] === name)).map((name) => `${file}: ${name}`)
  })
  expect(undescribed).toEqual([])
})

it('calls a parameter optional exactly when it has a default', () => {
  const wrong = ['main.bicep', ...modules].flatMap((file) =>
    [...text(file).matchAll(/@description\('(Required|Optional)\..*'\)\n(?:@.*\n)*(param .*)/g)]
      .filter(([, word, line]) => (word === 'Optional') !== (/ = /.test(line as string) || (line as string).endsWith('?')))
      .map(([, , line]) => `${file}: ${line}`),
  )
  expect(wrong).toEqual([])
})

it('lints at error', () => {
  const { core } = JSON.parse(text('bicepconfig.json')).analyzers
  expect(core.enabled).toBe(true)
  expect(new Set(Object.values(core.rules).map((rule) => (rule as { level: string }).level))).toEqual(new Set(['error']))
  expect(files.filter((file) => file.endsWith('.bicep') && text(file).includes('#disable-'))).toEqual([])
})
