import { AppError } from '../errors.ts'

const PREFIX = '/api/'

/**
 * The path parameters of a request, taken from its URL by the route's own template and decoded once. The library's `params` are not
 * used: in streaming mode they also hold query parameters and members of the body.
 */
export function pathParameters(template: string, url: string): Record<string, string> {
  const path = new URL(url).pathname
  const given = path.slice(path.toLowerCase().indexOf(PREFIX) + PREFIX.length).split('/')
  const parameters: Record<string, string> = {}
  for (const [index, part] of template.split('/').entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name) parameters[name] = decoded(given[index] ?? '', name)
  }
  return parameters
}

function decoded(segment: string, name: string): string {
  try {
    const text = decodeURIComponent(segment)
    if (text !== '') return text
  } catch {
    // Falls through: a broken escape is as good as nothing.
  }
  throw new AppError('invalid_request', 'A part of the path is empty or not URL-encoded.', {
    errors: [{ pointer: `{${name}}`, message: 'must be URL-encoded text' }],
  })
}
