import type { IncomingMessage, ServerResponse } from 'node:http'

import type { RegisteredFunction } from './core-module.ts'
import { errorMessage, type Invoke, type Trigger, triggerBinding } from './invocation.ts'
import { isAllowed } from './keys.ts'
import type { Log } from './log.ts'
import { manualQueueTrigger } from './queue-message.ts'
import { readBody } from './request-body.ts'
import { timerTrigger } from './timer-info.ts'

const BODY_LIMIT = 1_048_576

export interface AdminOptions {
  functions: RegisteredFunction[]
  hostKey?: string
  invoke: Invoke
  log: Log
}

export const ADMIN_PATH = /^\/admin(\/|$)/i

/**
 * The host's own API under `/admin`, with the master key when keys are on: state, list of functions, and firing one by hand.
 * https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http
 */
export function createAdmin(options: AdminOptions): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => {
    answer(options, incoming, outgoing).catch(() => outgoing.writeHead(400).end())
  }
}

async function answer(options: AdminOptions, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const path = (incoming.url ?? '').split('?', 1)[0]!.toLowerCase().replace(/\/$/, '')
  const [, , area, name] = path.split('/')
  if (!isAllowed(incoming, 'admin', options.hostKey)) outgoing.writeHead(401).end()
  else if (incoming.method === 'GET' && path === '/admin/host/status') send(outgoing, { state: 'Running', version: '4.1037.0' })
  else if (incoming.method === 'GET' && path === '/admin/functions') send(outgoing, options.functions.map(describe))
  else if (incoming.method === 'POST' && area === 'functions' && name)
    await fire(options, decodeURIComponent(name), incoming, outgoing)
  else outgoing.writeHead(404).end()
}

function describe(target: RegisteredFunction): object {
  const { name, bindings } = target.metadata
  const config = { bindings: Object.entries(bindings).map(([key, binding]) => ({ ...binding, name: key })) }
  return { name, config, language: 'node', isDisabled: false }
}

async function fire({ functions, invoke, log }: AdminOptions, name: string, incoming: IncomingMessage, outgoing: ServerResponse) {
  const target = functions.find(({ metadata }) => metadata.name.toLowerCase() === name)
  const body = (await readBody(incoming, BODY_LIMIT)).toString('utf8')
  const { input } = JSON.parse(body || '{}') as { input?: unknown }
  const trigger =
    target && manualTrigger(triggerBinding(target).type, typeof input === 'string' ? input : JSON.stringify(input ?? ''))
  if (!target || !trigger) {
    outgoing.writeHead(404).end()
    return
  }
  outgoing.writeHead(202).end()
  await invoke(target, trigger).catch((error) => log('error', `Function.${target.metadata.name}`, errorMessage(error)))
}

function manualTrigger(type: string, input: string): Trigger | undefined {
  if (type === 'queueTrigger') return manualQueueTrigger(input)
  return type === 'timerTrigger' ? timerTrigger(false) : undefined
}

function send(outgoing: ServerResponse, body: object): void {
  outgoing.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}
