import { getCACertificates, setDefaultCACertificates } from 'node:tls'

import { Client } from '@microsoft/microsoft-graph-client'
import type { Message } from '@microsoft/microsoft-graph-types'

import { openCertificates } from '../../../sandbox/certificates.ts'
import { Faults } from '../../../sandbox/faults.ts'
import type { GraphToken } from '../../../sandbox/graph/service.ts'
import { type GraphStandIn, startGraph } from '../../../sandbox/graph/start.ts'
import { Journal } from '../../../sandbox/journal.ts'
import { CLIENT_ID, people, tenants } from '../../../sandbox/people.ts'

export const ALL_SCOPES = ['User.Read', 'Mail.Send', 'Mail.ReadWrite', 'Mail.Send.Shared', 'Mail.ReadWrite.Shared']

export interface GraphFixture {
  graph: GraphStandIn
  journal: Journal
  faults: Faults
  /** Tokens the service accepts; `adele`, `ben`, `dana` and `app` are there from the start. */
  tokens: Map<string, GraphToken>
  call(
    token: string | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Response>
  /** The official client, its bearer token attached to this host. */
  client(token: string): Client
  /** The same without any token, for upload URLs. */
  anonymousClient(): Client
  close(): Promise<void>
}

/** A token of a person (or, with roles, of the application) in that person's tenant. */
export function tokenOf(address: string, more: Partial<GraphToken> = {}): GraphToken {
  const person = people.find(({ mail }) => mail === address)
  if (!person) throw new Error(`Nobody has the address ${address}.`)
  const base = { aud: 'https://graph.microsoft.com', tid: person.tenantId, oid: person.oid, appid: CLIENT_ID, upn: address }
  return { ...base, scp: ALL_SCOPES, roles: [], cp1: true, ...more }
}

/** Starts the service over TLS with opaque tokens in place of an identity provider. */
export async function startGraphFixture(folder?: string): Promise<GraphFixture> {
  const { ca, server } = await openCertificates()
  setDefaultCACertificates([...getCACertificates('default'), ca])
  const [journal, faults] = [new Journal(), new Faults()]
  const tokens = new Map([
    ['adele', tokenOf('adele@contoso.test')],
    ['ben', tokenOf('ben@contoso.test')],
    ['dana', tokenOf('dana@outlook.test')],
    [
      'app',
      tokenOf('adele@contoso.test', { oid: 'service-principal', upn: '', scp: [], roles: ['Mail.ReadWrite', 'Mail.Send'] }),
    ],
  ])
  const verify = (token: string, audience: string) => {
    const found = tokens.get(token)
    return found?.aud === audience ? found : undefined
  }
  const graph = await startGraph({ journal, faults, tls: server, verify, people, tenants, folder })
  const { href, hostname } = graph.url
  return {
    graph,
    journal,
    faults,
    tokens,
    call: (token, method, path, body, headers = {}) =>
      fetch(new URL(path.startsWith('https:') ? path : `/v1.0${path}`, graph.url), {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined || typeof body === 'string' || body instanceof Uint8Array
            ? {}
            : { 'content-type': 'application/json' }),
          ...headers,
        },
        body:
          body === undefined || typeof body === 'string' || body instanceof Uint8Array
            ? (body as BodyInit)
            : JSON.stringify(body),
      }),
    client: (token) =>
      Client.init({ baseUrl: href, customHosts: new Set([hostname]), authProvider: (done) => done(null, token) }),
    anonymousClient: () => Client.init({ baseUrl: href, authProvider: (done) => done(null, 'never attached') }),
    close: () => graph.close(),
  }
}

/** A message to these addresses as a client sends it. */
export function messageTo(to: string[], more: Message = {}): Message {
  return {
    subject: 'Quarterly figures',
    body: { contentType: 'text', content: 'Please find them attached.' },
    toRecipients: to.map((address) => ({ emailAddress: { address } })),
    ...more,
  }
}

/** The error code of an answer in Graph's shape. */
export async function errorCode(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string } }
  return error.code
}

export const list = async (response: Response) => ((await response.json()) as { value: Message[] }).value

export const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
