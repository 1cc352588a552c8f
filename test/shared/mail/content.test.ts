import { afterEach, describe, expect, it } from 'vitest'

import { openAttachment } from '../../../shared/mail/attachments.ts'
import { type Answer, type ScriptedGraph, startScriptedGraph } from './scripted-graph.ts'

const BYTES = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251))
const metadata: Answer = { status: 200, body: { '@odata.type': '#microsoft.graph.fileAttachment', id: 'a', name: 'f.bin' } }

/** All bytes, or up to `cutAt` and then a broken connection; `from` begins later. */
function sends(
  bytes: Buffer,
  {
    from = 0,
    cutAt,
    status = 200,
    headers = {},
    length = true,
  }: { from?: number; cutAt?: number; status?: number; headers?: Record<string, string>; length?: boolean } = {},
): Answer {
  return (response) => {
    const part = bytes.subarray(from)
    response.writeHead(status, { ...(length && { 'content-length': String(part.length) }), ...headers })
    if (cutAt === undefined) response.end(part)
    else response.write(bytes.subarray(from, cutAt), () => response.destroy())
  }
}
const range = (from: number, size = BYTES.length) => ({ 'content-range': `bytes ${from}-${size - 1}/${size}` })

let scripted: ScriptedGraph
afterEach(() => scripted.close())

async function open(...script: Answer[]) {
  scripted = await startScriptedGraph(metadata, ...script)
  return openAttachment(scripted.graph, scripted.mailbox, 'm', 'a')
}
const read = async (body: ReadableStream<Uint8Array>) => Buffer.from(await new Response(body).arrayBuffer())

/** The bytes delivered before the stream broke, and why it did. */
async function readBroken(body: ReadableStream<Uint8Array>) {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of body) chunks.push(chunk)
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error }
  }
  throw new Error('Expected the stream to break.')
}

describe('content that breaks off', () => {
  it('goes on where it stopped when the server honours Range', async () => {
    const { size, body } = await open(sends(BYTES, { cutAt: 120_000 }), (response, { headers }) => {
      const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1])
      sendRest(response, from)
    })
    expect(size).toBe(BYTES.length)
    expect((await read(body)).equals(BYTES)).toBe(true)
    expect(scripted.received).toHaveLength(3)
  })

  it('is read again from its beginning when the server does not', async () => {
    const { body } = await open(sends(BYTES, { cutAt: 120_000 }), sends(BYTES, { cutAt: 50_000 }), sends(BYTES))
    expect((await read(body)).equals(BYTES)).toBe(true)
  })

  it.each<[string, Answer]>([
    ['has another length', sends(BYTES.subarray(1))],
    ['is about other bytes', sends(BYTES, { from: 7, status: 206, headers: range(7) })],
    ['does not say which bytes it has', sends(BYTES, { from: 7, status: 206 })],
  ])('is not mixed with an answer that %s', async (_title, second) => {
    const { body } = await open(sends(BYTES, { cutAt: 120_000 }), second)
    const { bytes, error } = await readBroken(body)
    expect(error).toMatchObject({ code: 'upstream_failed' })
    expect(bytes.equals(BYTES.subarray(0, bytes.length))).toBe(true)
  })

  it('breaks for good when the resumption is refused', async () => {
    const { body } = await open(sends(BYTES, { cutAt: 120_000 }), { status: 404 })
    expect((await readBroken(body)).error).toMatchObject({ code: 'not_found' })
  })

  it('compressed on the way has no length that could be announced, so it is counted', async () => {
    scripted = await startScriptedGraph(metadata, (response, { headers }) => {
      expect(headers['accept-encoding']).toBe('identity')
      response.end('plain')
    })
    const { size } = await openAttachment(scripted.graph, scripted.mailbox, 'm', 'a')
    expect(size).toBe(5)
  })
})

describe('content without a length', () => {
  it('is kept when it is small', async () => {
    const { size, body } = await open(sends(BYTES, { length: false }))
    expect(size).toBe(BYTES.length)
    expect((await read(body)).equals(BYTES)).toBe(true)
    expect(scripted.received).toHaveLength(2)
  })

  it('is read again when it broke off', async () => {
    const { body } = await open(sends(BYTES, { length: false, cutAt: 10 }), sends(BYTES, { length: false }))
    expect((await read(body)).equals(BYTES)).toBe(true)
  })

  it('is given up when it breaks off each time', async () => {
    await expect(open(sends(BYTES, { length: false, cutAt: 10 }))).rejects.toMatchObject({ code: 'upstream_unavailable' })
    expect(scripted.received).toHaveLength(4)
  })

  it('is counted first and read again when it is large', async () => {
    const large = Buffer.alloc(5 * 1024 * 1024, 'x')
    const { size, body } = await open(sends(large, { length: false }))
    expect(size).toBe(large.length)
    expect((await read(body)).equals(large)).toBe(true)
    expect(scripted.received).toHaveLength(3)
  })

  it('breaks when it has become longer meanwhile', async () => {
    const large = Buffer.alloc(5 * 1024 * 1024, 'x')
    const { size, body } = await open(sends(large, { length: false }), sends(Buffer.concat([large, BYTES]), { length: false }))
    expect(size).toBe(large.length)
    const { bytes, error } = await readBroken(body)
    expect(error).toMatchObject({ code: 'upstream_failed' })
    expect(bytes.length).toBeLessThanOrEqual(large.length)
  })
})

function sendRest(response: Parameters<Extract<Answer, (...all: never[]) => void>>[0], from: number): void {
  response.writeHead(206, range(from))
  response.end(BYTES.subarray(from))
}
