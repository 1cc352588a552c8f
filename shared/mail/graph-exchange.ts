import type { Mailbox } from './mailbox.ts'

export type GraphMethod = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** One HTTP request to Graph on its way through the links below. */
export interface GraphRequest {
  method: GraphMethod
  url: string
  headers: Record<string, string>
  body?: string
  mailbox: Mailbox
  /** The body of a successful answer is handed on as it comes instead of being read first. */
  stream: boolean
  /** From the start of an attempt to the answer's headers. */
  headersTimeoutMs: number
  /** Ends the whole call: waiting, attempts, and the body of a streamed answer. */
  signal: AbortSignal
}

/** A link of the chain: token → retry → governor → HTTP. Each adds one thing and knows nothing of the others. */
export type Exchange = (request: GraphRequest) => Promise<Response>

/** Safe methods may be sent again. RFC 9110 §9.2.1 */
export function isSafe(method: string): boolean {
  return method === 'GET'
}

/** No answer came. `sent` is false only where the request surely never left. */
export class ConnectionLost extends Error {
  readonly sent: boolean
  constructor(sent: boolean, cause: unknown) {
    super('The connection to Microsoft Graph broke before its answer was complete.', { cause })
    this.name = 'ConnectionLost'
    this.sent = sent
  }
}
