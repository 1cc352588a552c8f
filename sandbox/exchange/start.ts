import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

import type { ExchangeContext } from './authenticate.ts'
import { Connection } from './connection.ts'
import { serveImap } from './imap.ts'
import type { Mailbox } from './mailboxes.ts'
import { servePop } from './pop.ts'
import { type Deliver, type SmtpContext, serveSmtp } from './smtp.ts'

export interface ExchangeOptions extends Omit<ExchangeContext, 'smtpAuthDisabled'> {
  /** PEM certificate and key: IMAP and POP begin with TLS, SMTP turns to it by STARTTLS. */
  tls: { cert: string; key: string }
  /** Gets the messages that were submitted. */
  deliver?: Deliver
}

export interface Endpoint {
  host: string
  port: number
}

export interface Exchange {
  imap: Endpoint
  smtp: Endpoint
  pop: Endpoint
  /** Switches client submission for one mailbox (its oid) or a whole tenant (its id). */
  setSmtpAuth(mailboxOrTenant: string, enabled: boolean): void
  close(): Promise<void>
}

/** Exchange Online's IMAP, SMTP submission and POP, which let in who brings a token (XOAUTH2). */
export async function startExchange(options: ExchangeOptions): Promise<Exchange> {
  const disabled = new Set<string>()
  const smtpAuthDisabled = (mailbox: Mailbox) => disabled.has(mailbox.oid) || disabled.has(mailbox.tenantId)
  const context: SmtpContext = { ...options, smtpAuthDisabled }
  const sockets = new Set<Socket>()

  const accept = (serve: (connection: Connection, context: SmtpContext) => Promise<void>) => (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    const connection = new Connection(socket)
    serve(connection, context).catch((error) => {
      console.error('exchange: a session failed', error)
      connection.destroy()
    })
  }
  const servers = {
    imap: createTlsServer(options.tls, accept(serveImap)),
    smtp: createTcpServer(accept(serveSmtp)),
    pop: createTlsServer(options.tls, accept(servePop)),
  }
  const [imap, smtp, pop] = await Promise.all([listen(servers.imap), listen(servers.smtp), listen(servers.pop)])
  return {
    imap,
    smtp,
    pop,
    setSmtpAuth: (mailboxOrTenant, enabled) => {
      if (enabled) disabled.delete(mailboxOrTenant)
      else disabled.add(mailboxOrTenant)
    },
    close: async () => {
      const closed = Object.values(servers).map((server) => new Promise((resolve) => server.close(resolve)))
      for (const socket of sockets) socket.destroy()
      await Promise.all(closed)
    },
  }
}

async function listen(server: Server): Promise<Endpoint> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return { host: 'localhost', port: (server.address() as AddressInfo).port }
}
