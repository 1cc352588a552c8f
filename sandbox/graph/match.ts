import { badRequest, GraphError } from './errors.ts'
import { type Route, routes } from './routes.ts'

/** A request's path, taken apart. */
export interface Match {
  route: Route
  /** Of `/users/{user}`; absent for `/me`. */
  user?: string
  params: Record<string, string>
}

const unknownSegment = () => new GraphError(404, 'ResourceNotFound', 'Resource not found for the segment.')

/** Finds the route of a `/v1.0/…` path. The error is 404 for a path, 405 for a method, that is not served. */
export function matchRoute(method: string, pathname: string): Match {
  const [root, version, first, ...rest] = pathname
    .replace(/(?<=.)\/$/, '')
    .split('/')
    .map(decode)
  if (root !== '' || version?.toLowerCase() !== 'v1.0') throw unknownSegment()
  const isMe = first?.toLowerCase() === 'me'
  if (!isMe && first?.toLowerCase() !== 'users') throw unknownSegment()
  const [user, segments] = isMe ? [undefined, rest] : [rest[0], rest.slice(1)]
  if (!isMe && !user) throw unknownSegment()

  let known = false
  for (const route of routes) {
    const params = matchSegments(route.segments, segments)
    if (params && route.method === method) return { route, user, params }
    known ||= params !== undefined
  }
  throw known ? new GraphError(405, 'BadRequest', 'The method is not allowed for this resource.') : unknownSegment()
}

/** Literal parts are compared without case, as Graph does. */
function matchSegments(pattern: string[], segments: string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{')) params[part.slice(1, -1)] = segment
    else if (part.toLowerCase() !== segment.toLowerCase()) return undefined
  }
  return params
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw badRequest('The request URI is not valid.')
  }
}
