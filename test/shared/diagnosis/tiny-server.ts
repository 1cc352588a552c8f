import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls'

import { openCertificates } from '../../../sandbox/certificates.ts'
import type { Endpoint } from '../../../sandbox/exchange/start.ts'
import type { MailProtocol } from '../../../shared/oauth/xoauth2.ts'

const { ca, server: trusted } = await openCertificates()
setDefaultCACertificates([...getCACertificates('default'), ca])

export interface TinyServer extends Endpoint {
  /** Everything that clients sent in clear, or over TLS where the protocol begins with it. */
  received(): string
  /** Resolves when the first client's connection is closed. */
  left: Promise<unknown>
  close(): Promise<void>
}

/** A server that treats every client as `serve` says. IMAP and POP begin with TLS. */
export async function startTinyServer(
  protocol: MailProtocol,
  serve: (socket: Socket) => void,
  certificate = trusted,
): Promise<TinyServer> {
  const sockets = new Set<Socket>()
  let received = ''
  const left = Promise.withResolvers<void>()
  const accept = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => left.resolve())
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    serve(socket)
  }
  const server = protocol === 'smtp' ? createTcpServer(accept) : createTlsServer(certificate, accept)
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: 'localhost',
    port: (server.address() as AddressInfo).port,
    received: () => received,
    left: left.promise,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Answers each line of the client with the next of these, after the greeting; an empty one is silence. */
export const script =
  (...lines: string[]) =>
  (socket: Socket): void => {
    const left = [...lines]
    const next = () => {
      const line = left.shift()
      if (line) socket.write(`${line}\r\n`)
    }
    next()
    socket.on('data', next)
  }

/** Sends one chunk after the other, as fast as the client takes them. */
export const flood =
  (chunk: string) =>
  (socket: Socket): void => {
    const pump = () => {
      while (!socket.destroyed && socket.write(chunk)) {
        // As long as the socket's buffer takes it.
      }
    }
    socket.on('drain', pump)
    pump()
  }

/** A certificate of an authority that nobody trusts. */
export const untrusted = async () => (await openCertificates()).server
