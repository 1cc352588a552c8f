import { Agent, request } from 'node:http'

import type { Operation } from './job.ts'

const agents = new Map<number, Agent>()

/** One request over connections that stay open; fails unless the answer is 200. */
export function httpOperation(
  { url, method, body }: Extract<Operation, { kind: 'http' }>,
  concurrency: number,
): () => Promise<void> {
  const agent = agentFor(concurrency)
  const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return () =>
    new Promise((resolve, reject) => {
      const outgoing = request(url, { method, headers, agent }, (response) => {
        response.resume()
        response.once('error', reject)
        response.once('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`${method} ${url} answered ${response.statusCode}`)),
        )
      })
      outgoing.once('error', reject)
      outgoing.end(body)
    })
}

function agentFor(concurrency: number): Agent {
  let agent = agents.get(concurrency)
  if (!agent) {
    agent = new Agent({ keepAlive: true, maxSockets: concurrency })
    agents.set(concurrency, agent)
  }
  return agent
}
