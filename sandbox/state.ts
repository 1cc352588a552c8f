import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A stand-in's state: plain JSON in memory, kept in a file when the sandbox has a folder. */
export interface State<T> {
  value: T
  /** Call after a change; written within 200 ms and at {@link State.flush}. */
  changed(): void
  flush(): void
}

const WRITE_DELAY_MS = 200

/** Opens `{folder}/{name}.json`, or a state in memory only when there is no folder. */
export function openState<T>(folder: string | undefined, name: string, initial: () => T): State<T> {
  const file = folder && join(folder, `${name}.json`)
  let timer: NodeJS.Timeout | undefined
  const state: State<T> = {
    value: (file ? read<T>(file) : undefined) ?? initial(),
    changed: () => {
      if (file) timer ??= setTimeout(state.flush, WRITE_DELAY_MS)
    },
    flush: () => {
      clearTimeout(timer)
      timer = undefined
      if (!file || !folder) return
      mkdirSync(folder, { recursive: true })
      writeFileSync(`${file}.new`, JSON.stringify(state.value))
      renameSync(`${file}.new`, file)
    },
  }
  return state
}

function read<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`${file} cannot be read; start with --fresh to begin anew.`, { cause: error })
  }
}
