import type { IncomingMessage, ServerResponse } from 'node:http'

import type { RegisteredFunction } from './core-module.ts'
import type { TypedData } from './core-types.ts'
import { fail, hasKey, triggerOf } from './http-front.ts'
import type { Invoker } from './invocation.ts'
import type { Log } from './log.ts'

export interface AdminOptions {
  functions: Map<string, RegisteredFunction>
  invoker: Invoker
  key?: string
  log: Log
}

/** `GET /admin/functions`, `GET /admin/host/status`, `POST /admin/functions/{name}`: true when the request was one of them. */
export function createAdmin(options: AdminOptions) {
  return (request: IncomingMessage, response: ServerResponse, path: string): boolean => {
    if (!path.toLowerCase().startsWith('/admin/')) return false
    const [, , area, name] = path.split('/')
    if (!hasKey(options, request, (request.url ?? '').split('?', 2)[1] ?? '')) fail(response, 401)
    else if (request.method === 'GET' && area === 'host') send(response, { state: 'Running', version: '4.1037.0' })
    else if (request.method === 'GET' && area === 'functions') send(response, list(options))
    else if (request.method === 'POST' && area === 'functions' && name) void fire(options, name, request, response)
    else fail(response, 404)
    return true
  }
}

function list({ functions }: AdminOptions): object[] {
  return [...functions.values()].map((target) => ({ name: target.metadata.name, config: { bindings: [triggerOf(target)] } }))
}

/** Runs a timer or queue function with the given input; the answer does not wait for it. */
async function fire({ functions, invoker, log }: AdminOptions, name: string, request: IncomingMessage, response: ServerResponse) {
  const target = [...functions.values()].find(({ metadata }) => metadata.name.toLowerCase() === name.toLowerCase())
  const trigger = target && triggerOf(target)
  if (!target || !trigger || trigger.type === 'httpTrigger') return fail(response, 404)
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { input = '' } = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { input?: string }
  response.writeHead(202).end()
  const bindingName = Object.keys(target.metadata.bindings).find((key) => target.metadata.bindings[key] === trigger) as string
  const isTimer = trigger.type === 'timerTrigger'
  const data = isTimer
    ? { json: '{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}' }
    : { string: input }
  const never = { json: '"9999-12-31T23:59:59+00:00"' }
  const triggerMetadata: Record<string, TypedData> = isTimer
    ? {}
    : {
        QueueTrigger: { string: input },
        DequeueCount: { json: '0' },
        InsertionTime: never,
        ExpirationTime: never,
        NextVisibleTime: never,
      }
  invoker.invoke(target, { inputData: [{ name: bindingName, data }], triggerMetadata }).catch((error: Error) => {
    log('error', `Function.${target.metadata.name}`, error.message)
  })
}

function send(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
