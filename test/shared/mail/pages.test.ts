import { afterEach, expect, it } from 'vitest'

import type { AppError } from '../../../shared/errors.ts'
import { readPages } from '../../../shared/mail/pages.ts'
import { type Answer, type ScriptedGraph, startScriptedGraph } from './scripted-graph.ts'

let scripted: ScriptedGraph
afterEach(() => scripted.close())

const LIST = { path: '/messages', query: { $top: 2 }, prefer: ['x'], success: 200 }

async function readAll(...script: Answer[]): Promise<{ items: unknown[]; error?: AppError }> {
  scripted = await startScriptedGraph(...script)
  const items: unknown[] = []
  try {
    for await (const page of readPages(scripted.graph, scripted.mailbox, LIST)) items.push(...page)
    return { items }
  } catch (error) {
    return { items, error: error as AppError }
  }
}

/** A page whose link leads to the given place; `HOST` stands for the server's own. */
const page =
  (value: unknown[], link?: string): Answer =>
  (response, { url }) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ value, ...(link && { '@odata.nextLink': link.replace('HOST', url.host) }) }))
  }

it('follows the links of Graph to the end, with the same preferences', async () => {
  const { items } = await readAll(
    page([1, 2], 'http://HOST/v1.0/me/messages?$skip=2'),
    page([], 'http://HOST/v1.0/me/messages?$skip=2&$skiptoken=a%2Bb'),
    page([3]),
  )
  expect(items).toEqual([1, 2, 3])
  expect(scripted.received.map(({ url }) => url.searchParams.get('$skip'))).toEqual([null, '2', '2'])
  expect(new Set(scripted.received.map(({ headers }) => headers.prefer))).toEqual(new Set(['IdType="ImmutableId", x']))
})

it.each([
  'https://graph.evil.test/v1.0/me/messages',
  'http://HOST.evil.test/v1.0/me',
  'http://HOST/beta/me',
  '/v1.0/me/messages',
])('does not follow a link to %s', async (link) => {
  const { items, error } = await readAll(page([1], link), page([2]))
  expect(items).toEqual([1])
  expect(error).toMatchObject({ code: 'upstream_failed' })
  expect(scripted.received).toHaveLength(1)
})

it('ends when the links lead in circles', async () => {
  const { error } = await readAll(page([], 'http://HOST/v1.0/me/messages'))
  expect(error).toMatchObject({ code: 'upstream_failed' })
  expect(scripted.received).toHaveLength(1000)
})

it.each([[{ status: 200, body: {} }], [{ status: 200, body: [] }], [{ status: 200, body: { value: 'x' } }], [{ status: 200 }]])(
  'takes %j for no list',
  async (answer) => {
    expect((await readAll(answer)).error).toMatchObject({ code: 'upstream_failed' })
  },
)
