/** One kind of request, repeated. */
export type Operation =
  | { kind: 'http'; url: string; method: string; body?: string }
  | { kind: 'graph'; endpoint: string; accessToken: string; call: GraphCall }

/** What the Graph SDK is asked to do. */
export type GraphCall = { get: string; select: string; orderby: string; top: number } | { post: string; body: object }

export interface Job {
  operation: Operation
  concurrency: number
  /** Ends after so many requests or so much time, whichever comes first. */
  requests: number
  seconds: number
}

export interface LoadResult {
  requestsPerSecond: number
  /** Milliseconds. */
  p50: number
  p99: number
  /** Share of one core that the generator itself took. */
  generatorCpu: number
}
