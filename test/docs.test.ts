import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

/** Settings that the host or a script reads, and values that stand where the reader's own belong. */
const OTHERS = ['LIVE_CLIENT_SECRET', 'IDENTITY_ENDPOINT', 'IDENTITY_HEADER', 'FUNCTIONS_WORKER_RUNTIME']

function settingsOfConfig(): string[] {
  return [...read('shared/config.ts').matchAll(/^ {2}([A-Z][A-Za-z_0-9]+): /gm)].map(([, name]) => name as string)
}

/** `METHOD path` of each route, with `*` for a parameter. */
function routes(): string[] {
  const found = read('functions/index.ts').matchAll(/methods: \[([^\]]+)\],\s+route: '([^']+)'/g)
  return [...found].flatMap(([, methods = '', path = '']) =>
    [...methods.matchAll(/'(\w+)'/g)].map(([, method]) => `${method} ${path.replace(/\{[^}]+\}/g, '*')}`),
  )
}

/** `METHOD path` of each call of the gateway in the blocks that can be pasted. */
function calls(file: string): string[] {
  const blocks = [...read(file).matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text]) => text as string)
  return blocks.flatMap((text) =>
    text
      .split(/(?=\bcurl )/)
      .filter((part) => part.startsWith('curl '))
      .flatMap((command) => {
        const path = /(?:\$API|http:\/\/localhost:7071\/api)\/([^\s"'?)]+)/.exec(command)?.[1]
        const method = /-X (\w+)/.exec(command)?.[1] ?? (/\s-d /.test(command) ? 'POST' : 'GET')
        return path === undefined ? [] : [`${method} ${path}`]
      }),
  )
}

function fits(call: string, route: string): boolean {
  const [given, known] = [call.split('/'), route.split('/')]
  return given.length === known.length && known.every((part, place) => part === '*' || part === given[place])
}

function headings(file: string): string[] {
  return [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
    (text as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('the documents', () => {
  it.each(documents)('%s links to what exists', (file) => {
    const links = [...read(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string)
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false
      const [path, anchor] = link.split('#') as [string, string | undefined]
      const target = path === '' ? file : join(dirname(file), path)
      return !existsSync(join(root, target)) || (anchor !== undefined && !headings(target).includes(anchor))
    })
    expect(broken).toEqual([])
  })

  it.each(documents)('%s calls routes that exist', (file) => {
    const known = routes()
    expect(known.length).toBeGreaterThan(10)
    expect(calls(file).filter((call) => !known.some((route) => fits(call, route)))).toEqual([])
  })

  it.each(documents)('%s names settings that are read', (file) => {
    const known = [...settingsOfConfig(), ...OTHERS]
    const named = [...read(file).matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)[`=]|"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)":/g)]
    expect(named.map(([, code, json]) => code ?? json).filter((name) => !known.includes(name as string))).toEqual([])
  })

  it('have calls in the README to check', () => {
    expect(calls('README.md').length).toBeGreaterThan(8)
  })
})
