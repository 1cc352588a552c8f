import { createHash } from 'node:crypto'

/** A number in [0, 1) that belongs to an account and a generation: spread over accounts, the same whenever asked. */
export function jitterOf(id: string, generation: number): number {
  return createHash('sha256').update(`${id}:${generation}`).digest().readUInt32BE() / 2 ** 32
}
