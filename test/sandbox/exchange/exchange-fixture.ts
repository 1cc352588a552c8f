import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { connect as connectTls, getCACertificates, setDefaultCACertificates } from 'node:tls'

import { openCertificates } from '../../../sandbox/certificates.ts'
import type { ExchangeToken } from '../../../sandbox/exchange/mailboxes.ts'
import { type Endpoint, type ExchangeOptions, startExchange } from '../../../sandbox/exchange/start.ts'
import { Faults } from '../../../sandbox/faults.ts'
import { Journal } from '../../../sandbox/journal.ts'
import { people } from '../../../sandbox/people.ts'

export const [adele, ben, , sales, casey] = people as [Person, Person, Person, Person, Person]
type Person = (typeof people)[number]

const { ca, server } = await openCertificates()
setDefaultCACertificates([...getCACertificates('default'), ca])

const DELEGATED = ['IMAP.AccessAsUser.All', 'POP.AccessAsUser.All', 'SMTP.Send']

/** The test's tokens are their own claims, readable by `verify` below. */
export function tokenOf(person: Person, claims: Partial<ExchangeToken> = {}): string {
  const { oid, tenantId: tid, userPrincipalName: upn } = person
  const token = { aud: 'https://outlook.office.com', tid, oid, appid: 'app', upn, scp: DELEGATED, roles: [], ...claims }
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

/** A token of the gateway itself, with one application permission. */
export const appToken = (role: string) =>
  tokenOf(adele, { oid: 'the-service-principal', upn: '', scp: [], roles: [role], aud: 'https://outlook.office365.com' })

function verify(token: string): ExchangeToken | undefined {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch {
    return undefined
  }
}

export async function openExchange(more: Partial<ExchangeOptions> = {}) {
  const journal = new Journal()
  const faults = new Faults()
  const mailboxes = () => people.map((person) => ({ ...person, address: person.mail }))
  const exchange = await startExchange({ journal, faults, tls: server, verify, mailboxes, ...more })
  return { exchange, journal, faults }
}

export const xoauth2 = (user: string, token: string) =>
  Buffer.from(`user=${user}\u0001auth=Bearer ${token}\u0001\u0001`).toString('base64')

interface LineClient {
  /** The next line, or undefined when the server has closed the connection. */
  read(): Promise<string | undefined>
  /** Sends one line and answers the first line that comes back. */
  say(line: string): Promise<string | undefined>
  /** Reads on until a line matches. */
  readUntil(pattern: RegExp): Promise<string[]>
  /** Goes on over TLS, after the server agreed to STARTTLS. */
  startTls(): Promise<LineClient>
  hangUp(): void
}

/** A client that says what it is told, line by line. */
export async function dial({ host, port }: Endpoint, security: 'tls' | 'none' = 'tls') {
  const socket: Socket = security === 'tls' ? connectTls({ host, port, servername: host }) : connectTcp({ host, port })
  await once(socket, security === 'tls' ? 'secureConnect' : 'connect')
  return talk(socket)
}

function talk(socket: Socket): LineClient {
  const reader = createInterface({ input: socket })
  const lines = reader[Symbol.asyncIterator]()
  const read = async (): Promise<string | undefined> => {
    const next = await lines.next()
    return next.done ? undefined : next.value
  }
  return {
    read,
    say: async (line: string): Promise<string | undefined> => {
      socket.write(`${line}\r\n`)
      return read()
    },
    readUntil: async (pattern: RegExp): Promise<string[]> => {
      const all: string[] = []
      for (let line = await read(); line !== undefined; line = await read()) {
        all.push(line)
        if (pattern.test(line)) return all
      }
      throw new Error('The server closed the connection first.')
    },
    hangUp: () => socket.destroy(),
    startTls: async () => {
      reader.close()
      const secured = connectTls({ socket, servername: 'localhost' })
      await once(secured, 'secureConnect')
      return talk(secured)
    },
  }
}
