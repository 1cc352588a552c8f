import { AppError } from '../errors.ts'
import { readJson } from './graph-answer.ts'
import type { Graph, GraphCall } from './graph-call.ts'
import type { Mailbox } from './mailbox.ts'

/** One page of a collection as Graph answers it. */
export interface GraphPage<T> {
  value: T[]
  nextLink?: string
}

/** More pages than any mailbox has: a chain of links that leads in circles must end. */
const MAX_PAGES = 1000

export async function readPage<T>(graph: Graph, mailbox: Mailbox, call: Omit<GraphCall, 'method'>): Promise<GraphPage<T>> {
  const response = await graph.call(mailbox, { ...call, method: 'GET' })
  const page = await readJson<{ value?: T[]; '@odata.nextLink'?: unknown }>(response)
  if (!Array.isArray(page.value)) throw unreadable()
  const link = page['@odata.nextLink']
  return { value: page.value, nextLink: typeof link === 'string' ? link : undefined }
}

/** Every page of a collection, one after the other. */
export async function* readPages<T>(graph: Graph, mailbox: Mailbox, call: Omit<GraphCall, 'method'>): AsyncGenerator<T[]> {
  let link: string | undefined
  for (let count = 0; count < MAX_PAGES; count += 1) {
    const page: GraphPage<T> = await readPage(graph, mailbox, { ...call, link })
    yield page.value
    if (page.nextLink === undefined) return
    link = page.nextLink
  }
  throw unreadable()
}

function unreadable(): AppError {
  return new AppError('upstream_failed', 'Microsoft Graph answered a list in a way the gateway does not understand.', {
    upstream: { service: 'graph' },
  })
}
