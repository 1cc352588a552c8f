import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Attachments' bytes, written once and never changed, so that copies of a message share them. */
export interface Blobs {
  put(bytes: Buffer): string
  get(id: string): Buffer
}

/** Files in `{folder}/graph-attachments`, or in memory only when there is no folder. */
export function openBlobs(folder?: string): Blobs {
  if (!folder) {
    const blobs = new Map<string, Buffer>()
    return {
      put: (bytes) => {
        const id = randomUUID()
        blobs.set(id, bytes)
        return id
      },
      get: (id) => blobs.get(id) ?? Buffer.alloc(0),
    }
  }
  const place = join(folder, 'graph-attachments')
  return {
    put: (bytes) => {
      const id = randomUUID()
      mkdirSync(place, { recursive: true })
      writeFileSync(join(place, id), bytes)
      return id
    },
    get: (id) => readFileSync(join(place, id)),
  }
}
