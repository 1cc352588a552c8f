import { format } from 'node:util'

import type { LogLevel } from './core-types.ts'

export type Log = (level: LogLevel, category: string, message: string) => void

const HIDDEN: ReadonlySet<LogLevel> = new Set(['trace', 'debug', 'none'])

/** Writes `[time] level category message` to stderr; trace and debug are below the default level of the real host. */
export const log: Log = (level, category, message) => {
  if (!HIDDEN.has(level)) process.stderr.write(`[${new Date().toISOString()}] ${level} ${category} ${message}\n`)
}

/**
 * Sends what the app prints to the log, as the real host does, and answers the function that still writes to stdout:
 * stdout belongs to the one line that says the host is ready.
 */
export function captureConsole(): (line: string) => void {
  const toStdout = process.stdout.write.bind(process.stdout)
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write
  const print =
    (level: LogLevel) =>
    (...args: unknown[]) => {
      log(level, 'Host.Function.Console', format(...args))
    }
  Object.assign(console, {
    log: print('information'),
    info: print('information'),
    warn: print('warning'),
    error: print('error'),
    debug: print('debug'),
    trace: print('debug'),
  })
  return (line) => toStdout(`${line}\n`)
}
