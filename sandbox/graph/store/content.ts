import type { Blobs } from './blobs.ts'
import { generatedBytes } from './generated.ts'
import type { StoredAttachment } from './model.ts'

/** An attachment's bytes, a part at a time; a generated one is never whole in memory. */
export function* contentParts(blobs: Blobs, attachment: StoredAttachment): Generator<Buffer> {
  const { content, size } = attachment
  if (!content) return
  if ('seed' in content) yield* generatedBytes(content.seed, size)
  else yield blobs.get(content.blob)
}

export function contentBytes(blobs: Blobs, attachment: StoredAttachment): Buffer {
  return Buffer.concat([...contentParts(blobs, attachment)])
}

/** A web stream that asks for the next part only when the reader does. */
export function partsStream(parts: Iterator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const { value, done } = parts.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => {
        parts.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
