import { AppError } from '../errors.ts'
import { contentLength, type OpenContent, ResumableContent } from './resumable-content.ts'

/** Bytes whose number is known before the first is sent. */
export interface Content {
  size: number
  body: ReadableStream<Uint8Array>
}

/** Content without a length is kept up to here; larger is read twice, once to count. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024
const MAX_ATTEMPTS = 3

/** Opens content for streaming with its exact length, which is Graph's `Content-Length` or, without one, counted. */
export async function openContent(open: OpenContent, wait: (ms: number) => Promise<void>): Promise<Content> {
  const first = await open(0)
  const size = contentLength(first)
  if (size !== undefined) return { size, body: new ResumableContent(first, size, open, wait).toStream() }

  const { count, chunks } = await readThrough(first, open)
  if (count <= MAX_KEPT_BYTES) return { size: count, body: new Blob(chunks as BlobPart[]).stream() }
  return { size: count, body: new ResumableContent(await open(0), count, open, wait).toStream() }
}

async function readThrough(first: Response, open: OpenContent): Promise<{ count: number; chunks: Uint8Array[] }> {
  let response = first
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await count(response)
    } catch (cause) {
      if (attempt >= MAX_ATTEMPTS) {
        throw new AppError('upstream_unavailable', 'The content broke off each time it was read.', {
          cause,
          upstream: { service: 'graph' },
        })
      }
      response = await open(0)
    }
  }
}

async function count(response: Response): Promise<{ count: number; chunks: Uint8Array[] }> {
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of response.body ?? []) {
    total += chunk.length
    if (total <= MAX_KEPT_BYTES) chunks.push(chunk)
    else chunks.length = 0
  }
  return { count: total, chunks }
}
