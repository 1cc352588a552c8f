/** A route of a function under the prefix of host.json, e.g. `accounts/{account}/graph/{*path}`. */
export interface Route<T> {
  template: string
  /** Upper case; HEAD and OPTIONS only when listed. */
  methods: ReadonlySet<string>
  target: T
}

export interface RouteMatch<T> {
  target: T
  params: Record<string, string>
}

type Segment = { kind: 'literal'; text: string } | { kind: 'parameter' | 'optional' | 'catchAll'; name: string }

interface ParsedRoute<T> extends Route<T> {
  segments: Segment[]
  /** Compared from left to right, smaller first: a literal wins over a parameter, that over a catch-all. */
  precedence: string
}

const PRECEDENCE = { literal: '1', parameter: '3', optional: '3', catchAll: '5' } as const

/**
 * Matches paths as ASP.NET Core's routing does for the Functions host: literals win over parameters and those over
 * catch-alls, case does not matter, a trailing slash is accepted, an empty segment is not.
 */
export class RouteTable<T> {
  readonly #prefix: Segment[]
  readonly #routes: ParsedRoute<T>[]

  /** @throws Error on a template this host does not understand (constraints, defaults, several parts in a segment) */
  constructor(prefix: string, routes: Route<T>[]) {
    this.#prefix = parseTemplate(prefix)
    this.#routes = routes
      .map((route) => {
        const segments = parseTemplate(route.template)
        return { ...route, segments, precedence: segments.map(({ kind }) => PRECEDENCE[kind]).join('') }
      })
      .sort((a, b) => (a.precedence < b.precedence ? -1 : a.precedence > b.precedence ? 1 : 0))
  }

  /** The function for this method and raw (still encoded) path, without its query. */
  match(method: string, path: string): RouteMatch<T> | undefined {
    const parts = path.slice(1).split('/')
    const { length } = this.#prefix
    if (parts.length < length || !matchSegments(this.#prefix, parts.slice(0, length))) return undefined
    const rest = parts.slice(length)
    for (const route of this.#routes) {
      if (!route.methods.has(method)) continue
      const params = matchSegments(route.segments, rest)
      if (params) return { target: route.target, params }
    }
    return undefined
  }
}

function parseTemplate(template: string): Segment[] {
  const segments = template.replace(/^\/|\/$/g, '')
  if (segments === '') return []
  return segments.split('/').map((text, index, all): Segment => {
    if (!/[{}]/.test(text)) return { kind: 'literal', text: text.toLowerCase() }
    const [, star, name, optional] = /^\{(\*?)([A-Za-z_]\w*)(\??)\}$/.exec(text) ?? []
    const last = index === all.length - 1
    if (!name || ((star || optional) && !last)) throw new Error(`Route '${template}': '${text}' is not supported.`)
    return { kind: star ? 'catchAll' : optional ? 'optional' : 'parameter', name }
  })
}

function matchSegments(segments: Segment[], parts: string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {}
  for (const [index, segment] of segments.entries()) {
    const part = parts[index]
    if (segment.kind === 'catchAll') {
      const rest = parts.slice(index).map(decodeSegment).join('/')
      if (rest) params[segment.name] = rest
      return params
    }
    if (!part) {
      if (segment.kind !== 'optional' || parts.length > index + 1) return undefined
      return params
    }
    const text = decodeSegment(part)
    if (segment.kind !== 'literal') params[segment.name] = text
    else if (segment.text !== text.toLowerCase()) return undefined
  }
  const left = parts.slice(segments.length)
  return left.length === 0 || (left.length === 1 && left[0] === '') ? params : undefined
}

/** Decodes all escapes but `%2F`; what is no valid UTF-8 stays as it is. Kestrel does the same. */
function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment
  return segment.replace(/(?:%(?!2f)[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })
}

/** Removes `.` and `..` segments, also encoded ones, before a path is routed. Kestrel does the same. */
export function removeDotSegments(path: string): string {
  if (!/\.|%2e/i.test(path)) return path
  const kept: string[] = []
  const segments = path.slice(1).split('/')
  for (const [index, segment] of segments.entries()) {
    const text = segment.replace(/%2e/gi, '.')
    if (text !== '.' && text !== '..') kept.push(segment)
    else {
      if (text === '..') kept.pop()
      if (index === segments.length - 1) kept.push('')
    }
  }
  return `/${kept.join('/')}`
}
