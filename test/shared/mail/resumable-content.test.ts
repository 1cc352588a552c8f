import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { AppError } from '../../../shared/errors.ts'
import { openContent } from '../../../shared/mail/content.ts'
import { type OpenContent, ResumableContent } from '../../../shared/mail/resumable-content.ts'

const noWait = async () => {}
const CONTENT = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251))

/** An answer with these bytes in chunks, that then ends or breaks. */
function answer(bytes: Uint8Array, { breaks = false, chunk = 64, status = 200, headers = {} as Record<string, string> } = {}) {
  let at = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at < bytes.length) {
          controller.enqueue(bytes.subarray(at, at + chunk))
          at += chunk
        } else if (breaks) controller.error(new TypeError('terminated'))
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { status, headers })
}
const length = (bytes: number) => ({ 'content-length': String(bytes) })
const whole = (more = {}) => answer(CONTENT, { headers: length(CONTENT.length), ...more })
const broken = (after: number, more = {}) =>
  answer(CONTENT.subarray(0, after), { breaks: true, headers: length(CONTENT.length), ...more })

/** Opens content by a script; keeps from which byte it was asked for. */
function scripted(...answers: (Response | Error)[]) {
  const asked: number[] = []
  const open: OpenContent = async (from) => {
    const next = answers[asked.push(from) - 1]
    if (!next || next instanceof Error) throw next ?? new Error('The script has ended.')
    return next
  }
  return { asked, open }
}

async function read(body: ReadableStream<Uint8Array>): Promise<{ bytes: Buffer; error?: unknown }> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of body) chunks.push(chunk)
    return { bytes: Buffer.concat(chunks) }
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error }
  }
}

describe('content of known length', () => {
  it('is the same bytes wherever connections break and however they are chunked', async () => {
    const breaks = fc.array(fc.integer({ min: 0, max: 999 }), { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(breaks, fc.integer({ min: 1, max: 400 }), fc.boolean(), async (cuts, chunk, ranges) => {
        const asked: number[] = []
        const open: OpenContent = async (from) => {
          const cut = cuts[asked.push(from) - 1]
          const start = ranges ? from : 0
          const bytes = CONTENT.subarray(start, cut === undefined ? undefined : Math.max(start, cut))
          const partial = ranges && from > 0
          const range = { ...length(CONTENT.length - start), 'content-range': `bytes ${start}-999/1000` }
          const headers = partial ? range : length(CONTENT.length)
          return answer(bytes, { chunk, breaks: cut !== undefined, status: partial ? 206 : 200, headers })
        }
        const { size, body } = await openContent(open, noWait)
        expect(size).toBe(1000)
        const { bytes, error } = await read(body)
        expect(error).toBeUndefined()
        expect(bytes.equals(CONTENT)).toBe(true)
        expect(asked).toHaveLength(cuts.length + 1)
      }),
    )
  })

  it('that ends early without an error is asked for again', async () => {
    const { open, asked } = scripted(answer(CONTENT.subarray(0, 128), { headers: length(1000) }), whole())
    expect((await read((await openContent(open, noWait)).body)).bytes.equals(CONTENT)).toBe(true)
    expect(asked).toEqual([0, 128])
  })

  it('breaks after three resumptions, having given only right bytes', async () => {
    const { open, asked } = scripted(broken(128), broken(64), broken(128), broken(192), whole())
    const { bytes, error } = await read((await openContent(open, noWait)).body)
    expect(error).toMatchObject({ code: 'upstream_unavailable' })
    expect(bytes.equals(CONTENT.subarray(0, 192))).toBe(true)
    expect(asked).toHaveLength(4)
  })

  it.each<[string, Response]>([
    ['has another length', answer(CONTENT.subarray(0, 999), { headers: length(999) })],
    ['begins elsewhere', answer(CONTENT.subarray(64), { status: 206, headers: { 'content-range': 'bytes 64-999/1000' } })],
    ['is a part of something larger', answer(CONTENT, { status: 206, headers: { 'content-range': 'bytes 128-999/1001' } })],
    ['does not say which part it is', answer(CONTENT.subarray(128), { status: 206 })],
    ['goes on behind the end', answer(Buffer.concat([CONTENT, CONTENT]), { headers: length(1000), chunk: 2000 })],
  ])('is never mixed with an answer that %s', async (_title, second) => {
    const { open } = scripted(broken(128), second)
    const { bytes, error } = await read((await openContent(open, noWait)).body)
    expect(error).toMatchObject({ code: 'upstream_failed' })
    expect(bytes.equals(CONTENT.subarray(0, bytes.length))).toBe(true)
  })

  it('waits longer from one resumption to the next, also when Graph refuses them for now', async () => {
    const waits: number[] = []
    const away = new AppError('upstream_unavailable', 'Away.')
    const { open } = scripted(broken(64), away, new AppError('throttled', 'Busy.'), whole())
    const { body } = await openContent(open, async (ms) => void waits.push(ms))
    expect((await read(body)).bytes.equals(CONTENT)).toBe(true)
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect(waits).toHaveLength(3)
  })

  it('ends at once with a refusal that will stay', async () => {
    const { open, asked } = scripted(broken(64), new AppError('not_found', 'Gone.'), whole())
    expect((await read((await openContent(open, noWait)).body)).error).toMatchObject({ code: 'not_found' })
    expect(asked).toHaveLength(2)
  })

  it('that stops without breaking is asked for again', async () => {
    const silent = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(CONTENT.subarray(0, 10)) })
    const { open } = scripted(whole())
    const stream = new ResumableContent(new Response(silent), 1000, open, noWait, 10).toStream()
    expect((await read(stream)).bytes.equals(CONTENT)).toBe(true)
  })

  it('is no longer asked for by a reader that left', async () => {
    let canceled: unknown
    const endless = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => controller.enqueue(Buffer.alloc(10)),
        cancel: (reason) => {
          canceled = reason
        },
      },
      { highWaterMark: 0 },
    )
    const { open, asked } = scripted(new Response(endless, { headers: length(1000) }))
    const reader = (await openContent(open, noWait)).body.getReader()
    await reader.read()
    await reader.cancel('left')
    expect(canceled).toBe('left')
    expect(asked).toEqual([0])
  })
})

describe('content without a length', () => {
  it('is counted, and read once when it is small', async () => {
    const { open, asked } = scripted(answer(CONTENT))
    const { size, body } = await openContent(open, noWait)
    expect(size).toBe(1000)
    expect((await read(body)).bytes.equals(CONTENT)).toBe(true)
    expect(asked).toEqual([0])
  })

  it('is read a second time when it is large, so that it need not be kept', async () => {
    const large = Buffer.alloc(5 * 1024 * 1024, 7)
    const { open, asked } = scripted(answer(large, { chunk: 65_536 }), answer(large, { chunk: 65_536 }))
    const { size, body } = await openContent(open, noWait)
    expect(size).toBe(large.length)
    expect((await read(body)).bytes.equals(large)).toBe(true)
    expect(asked).toEqual([0, 0])
  })

  it('is counted again after a break, three times at most', async () => {
    const { open } = scripted(answer(CONTENT.subarray(0, 10), { breaks: true }), answer(CONTENT))
    expect((await openContent(open, noWait)).size).toBe(1000)
    const cut = () => answer(CONTENT.subarray(0, 10), { breaks: true })
    const never = scripted(cut(), cut(), cut(), answer(CONTENT))
    await expect(openContent(never.open, noWait)).rejects.toMatchObject({ code: 'upstream_unavailable' })
    expect(never.asked).toHaveLength(3)
  })

  it('is what a compressed answer has, whatever length it announces', async () => {
    const { open } = scripted(answer(CONTENT, { headers: { ...length(20), 'content-encoding': 'gzip' } }))
    expect((await openContent(open, noWait)).size).toBe(1000)
  })
})

it('empty content ends without a byte', async () => {
  const { open } = scripted(answer(Buffer.alloc(0), { headers: length(0) }))
  const { size, body } = await openContent(open, noWait)
  expect(size).toBe(0)
  expect((await read(body)).bytes).toHaveLength(0)
})
