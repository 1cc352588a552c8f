import type { IncomingMessage, ServerResponse } from 'node:http'

import type { RegisteredFunction } from './core-module.ts'
import type { Invoker } from './invocation.ts'

/** One routed HTTP call. */
export interface HttpCall {
  target: RegisteredFunction
  params: Record<string, string>
  request: IncomingMessage
  response: ServerResponse
  invoker: Invoker
  maxBodyBytes: number
}

export function bindingName({ metadata }: RegisteredFunction): string {
  const found = Object.entries(metadata.bindings).find(([, { type }]) => type === 'httpTrigger')
  return found?.[0] as string
}

export class TooLarge extends Error {}

export async function readAll(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > maxBytes) throw new TooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Lower-case names; repeated ones joined as Node joins them. */
export function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  )
}
