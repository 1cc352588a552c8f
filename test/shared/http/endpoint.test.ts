import { HttpRequest, InvocationContext } from '@azure/functions'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'

import type { Account } from '../../../shared/accounts/account.ts'
import { AppError } from '../../../shared/errors.ts'
import { type AuditEvent, type EndpointServices, endpoint } from '../../../shared/http/endpoint.ts'
import type { Answer, Route } from '../../../shared/http/route.ts'

const account = { id: 'acc_1', owner: 'crm' } as Account

function stage(more: Partial<EndpointServices> = {}) {
  const audited: AuditEvent[] = []
  const logs: string[] = []
  const services: EndpointServices = {
    identify: () => ({ name: 'crm', permissions: new Set(['mail.send']), accounts: 'own' }),
    findAccount: async (reference, mayUse) => (reference === 'acc_1' && mayUse(account) ? account : undefined),
    audit: async (event) => void audited.push(event),
    withLink: async (error) => error,
    now: () => 0,
    ...more,
  }
  const run = async (
    handler: () => Promise<Answer>,
    route: Partial<Route<EndpointServices>> = {},
    url = 'http://x/api/accounts/acc_1/send',
  ) => {
    const definition: Route<EndpointServices> = {
      name: 'send',
      methods: ['POST'],
      route: 'accounts/{account}/send',
      permission: 'mail.send',
      audit: 'send',
      ...route,
      handler: () => handler,
    }
    const context = new InvocationContext({
      invocationId: 'i-1',
      functionName: 'send',
      logHandler: (_level, ...args) => void logs.push(args.join(' ')),
    })
    const request = new HttpRequest({
      method: 'POST',
      url,
      body: { string: '{}' },
      headers: { 'content-type': 'application/json' },
    })
    const response = await endpoint(definition, services)(request, context)
    return response as { status: number; body: string; headers: Record<string, string> }
  }
  return { run, audited, logs }
}

const refuse = (error: unknown) => async () => {
  throw error
}

describe('endpoint', () => {
  it('never throws, whatever the handler throws, and tells nothing of a defect', async () => {
    const { run, logs } = stage()
    for (const thrown of [
      new TypeError('secret-in-message'),
      'secret-in-message',
      undefined,
      null,
      { secret: 'secret-in-message' },
    ]) {
      const { status, body } = await run(refuse(thrown))
      expect(status).toBe(500)
      expect(JSON.parse(body)).toEqual({ type: 'about:blank', title: 'Internal error', status: 500, correlationId: 'i-1' })
    }
    expect(logs.join()).not.toContain('secret-in-message')
  })

  it('answers the refusal itself when the link for it cannot be made', async () => {
    const { run } = stage({ withLink: () => Promise.reject(new Error('vault away')) })
    const { status, body } = await run(refuse(new AppError('reconnect_required', 'Sign in again.')))
    expect(status).toBe(409)
    expect(JSON.parse(body)).toMatchObject({ code: 'reconnect_required', detail: 'Sign in again.' })
  })

  it('does not turn what was done into a failure when the audit cannot be written', async () => {
    const { run, logs } = stage({ audit: () => Promise.reject(new Error('storage away')) })
    expect(await run(async () => ({ json: { status: 'sent' } }))).toMatchObject({ status: 200 })
    expect(logs.join()).toContain('Audit entry lost')
  })

  it('audits what was refused as well as what was done', async () => {
    const { run, audited } = stage()
    await run(async () => ({ json: {} }))
    await run(refuse(new AppError('mailbox_refused', 'No.')))
    expect(audited.map(({ outcome }) => outcome)).toEqual([200, 'mailbox_refused'])
  })

  it('C1: runs no handler without the permission, nor on an account of somebody else', async () => {
    let ran = 0
    const handler = async () => {
      ran += 1
      return {}
    }
    const { run } = stage()
    expect((await run(handler, { permission: 'mail.read' })).status).toBe(403)
    expect((await run(handler, {}, 'http://x/api/accounts/acc_2/send')).status).toBe(404)
    const stranger = stage({ identify: () => ({ name: 'other', permissions: new Set(['mail.send']), accounts: 'own' }) })
    expect((await stranger.run(handler)).status).toBe(404)
    const nobody = stage({ identify: () => undefined })
    expect((await nobody.run(handler)).status).toBe(401)
    expect(ran).toBe(0)
  })

  it('refuses a body that the schema does not know before the handler runs', async () => {
    const { run } = stage()
    const { status } = await run(refuse(new Error('must not run')), { body: z.strictObject({ to: z.string() }) })
    expect(status).toBe(400)
  })

  it('sends Retry-After with what passes by itself', async () => {
    const { run } = stage()
    const { headers } = await run(refuse(new AppError('upstream_unavailable', 'Later.', { retryAfter: 7.2 })))
    expect(headers['retry-after']).toBe('8')
  })
})
