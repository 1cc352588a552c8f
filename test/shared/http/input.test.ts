import { HttpRequest } from '@azure/functions'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'

import { AppError, type InputError } from '../../../shared/errors.ts'
import { readBody, readQuery } from '../../../shared/http/input.ts'

const schema = z.strictObject({ to: z.array(z.string()), n: z.optional(z.number()) })

function request(body: string, type = 'application/json'): HttpRequest {
  return new HttpRequest({ method: 'POST', url: 'http://x/api/y', body: { string: body }, headers: { 'content-type': type } })
}

async function errorsOf(work: () => unknown): Promise<InputError[] | undefined> {
  try {
    await work()
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_request') return error.details.errors
    throw error
  }
  return undefined
}

describe('readBody', () => {
  it('answers what the schema made of the body', async () => {
    expect(await readBody(request('{"to":["a"]}'), schema)).toEqual({ to: ['a'] })
  })

  it('points at every wrong place', async () => {
    const errors = await errorsOf(() => readBody(request('{"to":["a",5],"n":"x","extra/~":1}'), schema))
    expect(errors?.map(({ pointer }) => pointer).sort()).toEqual(['/extra~1~0', '/n', '/to/1'])
  })

  it.each(['{"to":', 'garbage', '\ufeff{', '\ud800'])('says that %j is not JSON', async (text) => {
    expect(await errorsOf(() => readBody(request(text), schema))).toHaveLength(1)
  })

  it('refuses another content type', async () => {
    expect(await errorsOf(() => readBody(request('{"to":[]}', 'text/plain'), schema))).toEqual([
      { pointer: 'content-type', message: 'must be application/json' },
    ])
  })

  it('C7: refuses JSON nested to exhaust the stack', async () => {
    const deep = `{"to":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
    expect((await errorsOf(() => readBody(request(deep), schema)))?.[0]?.message).toContain('nested deeper')
  })

  it('stops reading past the limit and names it', async () => {
    const error = await readBody(request(JSON.stringify({ to: ['x'.repeat(2000)] })), schema, 1000).catch((error) => error)
    expect(error).toMatchObject({ code: 'payload_too_large', details: { extra: { limit: 1000 } } })
  })
})

describe('readQuery', () => {
  const query = z.strictObject({ limit: z.optional(z.string()) })

  it('passes over what belongs to the host', () => {
    expect(readQuery('http://x/api/y?code=KEY&clientId=me&limit=5', query)).toEqual({ limit: '5' })
  })

  it('refuses a parameter given twice, and one it does not know', async () => {
    expect(await errorsOf(() => readQuery('http://x/y?limit=1&limit=2', query))).toEqual([
      { pointer: '?limit', message: 'is given more than once' },
    ])
    expect(await errorsOf(() => readQuery('http://x/y?top=1', query))).toEqual([
      { pointer: '?top', message: 'is not known here' },
    ])
  })
})
