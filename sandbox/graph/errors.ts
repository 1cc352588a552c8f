/**
 * An error as Microsoft Graph answers it; `code` is Graph's or Exchange's own.
 *
 * @see {@link https://learn.microsoft.com/graph/errors Microsoft Graph error responses}
 */
export class GraphError extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.name = 'GraphError'
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export const badRequest = (message: string) => new GraphError(400, 'BadRequest', message)

export const accessDenied = () => new GraphError(403, 'ErrorAccessDenied', 'Access is denied for this application or user.')

export const itemNotFound = () => new GraphError(404, 'ErrorItemNotFound', 'The item does not exist in this mailbox.')

export const malformedId = () => new GraphError(400, 'ErrorInvalidIdMalformed', 'Id is malformed.')

export const invalidProperty = (message: string) => new GraphError(400, 'ErrorInvalidProperty', message)

export const tooLarge = (code: string, message: string) => new GraphError(413, code, message)
