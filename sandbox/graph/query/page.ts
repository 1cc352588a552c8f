import type { StandInRequest } from '../../stand-in.ts'
import type { ListOptions } from './options.ts'

/** A page of a list as Graph answers it. `$skip` counts, so mail that arrives between two pages shifts the next one. */
export function toPage<T>(
  request: StandInRequest,
  items: readonly T[],
  options: ListOptions<T>,
  toWire: (item: T) => unknown,
): Record<string, unknown> {
  const matching = select(items, options)
  const page = matching.slice(options.skip, options.skip + options.top)
  const next = options.skip + page.length
  const body: Record<string, unknown> = {}
  if (options.count) body['@odata.count'] = matching.length
  body.value = page.map(toWire)
  if (next < matching.length) body['@odata.nextLink'] = nextLink(request.url, options.top, next)
  return body
}

/** The items a list's filter and order leave. */
export function select<T>(items: readonly T[], { filter, order }: ListOptions<T>): readonly T[] {
  const matching = filter ? items.filter(filter) : items
  return order ? matching.toSorted(order) : matching
}

function nextLink(url: URL, top: number, skip: number): string {
  const next = new URL(url)
  next.searchParams.set('$top', String(top))
  next.searchParams.set('$skip', String(skip))
  // Graph writes the dollar sign as it is; URLSearchParams does not.
  next.search = next.search.replaceAll(/%24(\w+)=/g, '$$$1=')
  return next.href
}
