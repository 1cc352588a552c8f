import { afterEach, describe, expect, it } from 'vitest'

import { AppError } from '../../../shared/errors.ts'
import type { GraphCall } from '../../../shared/mail/graph-call.ts'
import { type Answer, graphError, type ScriptedGraph, startScriptedGraph } from './scripted-graph.ts'

const READ: GraphCall = { method: 'GET', path: '/messages', success: 200, permission: 'read' }

let scripted: ScriptedGraph
afterEach(() => scripted.close())

async function problem(call: GraphCall, ...script: Answer[]): Promise<AppError> {
  scripted = await startScriptedGraph(...script)
  const error = await scripted.graph.call(scripted.mailbox, call).catch((thrown: unknown) => thrown)
  if (!(error instanceof AppError)) throw new Error('Expected a problem.')
  return error
}

describe('the bearer token', () => {
  it.each([301, 302, 307, 308])('does not follow a redirect (%i)', async (status) => {
    const other = await startScriptedGraph({ status: 200, body: {} })
    const error = await problem(READ, { status, headers: { location: other.url.href } })
    expect(error.code).toBe('upstream_failed')
    expect(other.received).toHaveLength(0)
    await other.close()
  })

  it.each([
    'https://graph.evil.test/v1.0/me/messages',
    'http://127.0.0.1:1/v1.0/me/messages',
    'http://user@HOST/v1.0/me/messages',
    'http://HOST/beta/me/messages',
    'http://HOST/v1.0/../beta/me',
    'http://HOST/v1.0/%2e%2e/beta/me',
    '//HOST/v1.0/me',
    'not a link',
  ])('does not go to the link %s', async (link) => {
    scripted = await startScriptedGraph({ status: 200, body: {} })
    const foreign = link.replace('HOST', scripted.url.host)
    const error = await scripted.graph.call(scripted.mailbox, { ...READ, link: foreign }).catch((refused: AppError) => refused)
    expect(error).toMatchObject({ code: 'upstream_failed' })
    expect(scripted.received).toHaveLength(0)
  })

  it('goes to a link below the endpoint, which is kept as it is', async () => {
    scripted = await startScriptedGraph({ status: 200, body: {} })
    const link = `${scripted.url.href}v1.0/users('x')/messages?%24top=5&$skiptoken=a%2Bb%3D&$skip=10`
    await scripted.graph.call(scripted.mailbox, { ...READ, link })
    const url = scripted.received[0]?.url
    expect(url?.pathname).toBe("/v1.0/users('x')/messages")
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({ $top: '5', $skiptoken: 'a+b=', $skip: '10' })
  })

  it('is in no problem, and neither is a text of Graph', async () => {
    const error = await problem(READ, {
      status: 400,
      body: graphError('ErrorInvalidRequest'),
      headers: { 'request-id': 'trace-1' },
    })
    expect(error.details.upstream).toMatchObject({ service: 'graph', code: 'ErrorInvalidRequest', traceId: 'trace-1' })
    expect(error.details.upstream?.correlationId).toBe(scripted.received[0]?.headers['client-request-id'])
    expect(JSON.stringify([error.message, error.details])).not.toMatch(/token-1|must not be shown/)
  })
})
