import type { IncomingMessage } from 'node:http'

/** The body was larger than the host accepts. */
export class BodyTooLarge extends Error {}

/** The bytes of a body up to this limit. @throws BodyTooLarge; what is left is read and forgotten */
export async function readBody(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  return new Promise((resolve, reject) => {
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > limit) reject(new BodyTooLarge())
      else chunks.push(chunk)
    })
    incoming.once('end', () => resolve(Buffer.concat(chunks)))
    incoming.once('error', reject)
  })
}

/** Announced length of the body, `undefined` when none is announced. */
export function announcedLength(incoming: IncomingMessage): number | undefined {
  const header = incoming.headers['content-length']
  return header === undefined ? undefined : Number(header)
}

/** A body comes in chunks of unknown number. */
export function isChunked(incoming: IncomingMessage): boolean {
  return incoming.headers['transfer-encoding'] !== undefined
}
