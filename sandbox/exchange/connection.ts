import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

const LINE_FEED = 0x0a

/** Longer lines end the connection; a command with a token is far shorter. */
const MAX_LINE_BYTES = 64 * 1024

/** One client of a line protocol. Lines are latin1 text, so that every byte survives. */
export class Connection {
  #socket: Socket
  #unread = Buffer.alloc(0)
  #ended = false
  #wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.#attach(socket)
  }

  /** The next line without its end, or undefined when the client has left. */
  async readLine(): Promise<string | undefined> {
    for (;;) {
      const end = this.#unread.indexOf(LINE_FEED)
      if (end >= 0) {
        const line = this.#unread.subarray(0, end).toString('latin1').replace(/\r$/, '')
        this.#unread = this.#unread.subarray(end + 1)
        return line
      }
      if (this.#unread.length > MAX_LINE_BYTES) this.destroy()
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Sends each text as one line. */
  write(...lines: string[]): void {
    if (!this.#socket.destroyed) this.#socket.write(lines.map((line) => `${line}\r\n`).join(''), 'latin1')
  }

  /** Goes on over TLS. What came in clear before is forgotten, so that nobody can slip commands in (CVE-2011-0411). */
  upgrade(tls: { cert: string; key: string }): void {
    this.#socket.off('data', this.#receive).off('end', this.#finish).off('close', this.#finish)
    this.#unread = Buffer.alloc(0)
    this.#attach(new TLSSocket(this.#socket, { isServer: true, ...tls }))
  }

  /** Sends what was written, then closes. */
  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#ended = true
    this.#socket.destroy()
  }

  #attach(socket: Socket): void {
    this.#socket = socket
    socket.on('data', this.#receive).on('end', this.#finish).on('close', this.#finish).on('error', this.#finish)
  }

  #receive = (chunk: Buffer): void => {
    this.#unread = Buffer.concat([this.#unread, chunk])
    this.#wake?.()
  }

  #finish = (): void => {
    this.#ended = true
    this.#wake?.()
  }
}
