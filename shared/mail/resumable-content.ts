import { AppError } from '../errors.ts'

/** Asks for the content from this byte on; the answer may begin at 0 all the same (200 instead of 206). */
export type OpenContent = (from: number) => Promise<Response>

const MAX_RESUMES = 3
const FIRST_WAIT_MS = 200

/** No byte for so long: the connection is as good as broken. */
const IDLE_TIMEOUT_MS = 30_000

/**
 * A body of known length that survives a break upstream: it asks again and leaves out what was delivered. Errors only after
 * three resumptions failed; whoever has announced the length must then break the connection.
 */
export class ResumableContent {
  readonly #open: OpenContent
  readonly #size: number
  readonly #wait: (ms: number) => Promise<void>
  readonly #idleTimeoutMs: number
  #reader: ReadableStreamDefaultReader<Uint8Array>
  #delivered = 0
  /** Bytes of the current answer that were delivered from an earlier one. */
  #skip = 0
  #resumes = 0
  #cancelled = false

  constructor(first: Response, size: number, open: OpenContent, wait: (ms: number) => Promise<void>, idleMs = IDLE_TIMEOUT_MS) {
    this.#open = open
    this.#size = size
    this.#wait = wait
    this.#idleTimeoutMs = idleMs
    this.#reader = readerOf(first)
  }

  toStream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const chunk = this.#delivered < this.#size ? await this.#next() : undefined
          if (chunk) controller.enqueue(chunk)
          if (this.#delivered < this.#size) return
          controller.close()
          await this.#finish()
        },
        cancel: async (reason) => {
          this.#cancelled = true
          await this.#reader.cancel(reason)
        },
      },
      { highWaterMark: 0 },
    )
  }

  async #next(): Promise<Uint8Array> {
    for (;;) {
      try {
        const { done, value } = await this.#read()
        if (done) throw new RangeError('The content ended early.')
        const fresh = value.subarray(Math.min(this.#skip, value.length))
        this.#skip -= value.length - fresh.length
        if (fresh.length === 0) continue
        if (this.#delivered + fresh.length > this.#size) throw changed()
        this.#delivered += fresh.length
        return fresh
      } catch (error) {
        if (error instanceof AppError || this.#cancelled) throw error
        await this.#resume(error)
      }
    }
  }

  async #resume(cause: unknown): Promise<void> {
    await this.#reader.cancel().catch(() => undefined)
    for (let error = cause; ; ) {
      if (this.#resumes >= MAX_RESUMES) throw broken(error)
      await this.#wait(FIRST_WAIT_MS * 2 ** this.#resumes)
      this.#resumes += 1
      try {
        const response = await this.#open(this.#delivered)
        this.#skip = this.#skipIn(response)
        this.#reader = readerOf(response)
        if (this.#cancelled) await this.#reader.cancel()
        return
      } catch (problem) {
        if (!(problem instanceof AppError) || !['upstream_unavailable', 'throttled'].includes(problem.code)) throw problem
        error = problem
      }
    }
  }

  /** Where the answer begins decides what to leave out; an answer about other bytes must not be mixed in. */
  #skipIn(response: Response): number {
    if (response.status !== 206) {
      if ((contentLength(response) ?? this.#size) !== this.#size) throw changed()
      return this.#delivered
    }
    const [, start, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? []
    if (Number(start) !== this.#delivered || (size !== '*' && Number(size) !== this.#size)) throw changed()
    return 0
  }

  async #read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    let timer: NodeJS.Timeout | undefined
    const idle = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('No data arrived.')), this.#idleTimeoutMs)
    })
    return Promise.race([this.#reader.read(), idle]).finally(() => clearTimeout(timer))
  }

  /** Reads the end of the answer, so that its connection can be used again. */
  async #finish(): Promise<void> {
    const end = await this.#read().catch(() => undefined)
    if (!end?.done) await this.#reader.cancel().catch(() => undefined)
  }
}

/** The number of bytes the body will have; unknown when it is sent in chunks or compressed. */
export function contentLength({ headers }: Response): number | undefined {
  const length = headers.get('content-length')
  return length && /^\d{1,15}$/.test(length) && !headers.has('content-encoding') ? Number(length) : undefined
}

function readerOf({ body }: Response): ReadableStreamDefaultReader<Uint8Array> {
  return (body ?? new ReadableStream<Uint8Array>({ start: (controller) => controller.close() })).getReader()
}

function changed(): AppError {
  return new AppError('upstream_failed', 'The content changed while it was being read.', { upstream: { service: 'graph' } })
}

function broken(cause: unknown): AppError {
  return new AppError('upstream_unavailable', 'The content broke off and could not be resumed.', {
    cause,
    upstream: { service: 'graph' },
  })
}
