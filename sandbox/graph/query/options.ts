import { badRequest, GraphError } from '../errors.ts'
import { compileFilter } from './evaluate.ts'
import type { Field } from './fields.ts'
import { filterFields, parseFilter } from './filter.ts'

const DEFAULT_TOP = 10
const MAXIMUM_TOP = 1000

/** How a list is asked for. */
export interface ListOptions<T> {
  top: number
  skip: number
  count: boolean
  filter?: (item: T) => boolean
  /** Compares two items; absent for the natural order, the latest received first. */
  order?: (a: T, b: T) => number
}

/** Throws Graph's 400 for a `$` option that this list does not know. */
export function checkOptions(query: URLSearchParams, known: string[]): void {
  for (const name of query.keys()) {
    if (name.startsWith('$') && !known.includes(name)) throw badRequest(`The query option '${name}' is not supported here.`)
  }
}

export const LIST_OPTIONS = ['$select', '$expand', '$top', '$skip', '$count', '$filter', '$orderby']

export function readListOptions<T>(
  query: URLSearchParams,
  fields: Record<string, Field<T>>,
  collections: Record<string, (item: T) => Record<string, string>[]> = {},
): ListOptions<T> {
  const top = readCount(query, '$top') ?? DEFAULT_TOP
  if (top === 0) throw badRequest("Invalid value '0' for $top query option found.")
  if (top > MAXIMUM_TOP) throw badRequest(`The limit of '${MAXIMUM_TOP}' for Top query has been exceeded.`)
  const text = query.get('$filter')
  const filter = text === null ? undefined : parseFilter(text)
  const orderBy = readOrderBy(query.get('$orderby'), fields)
  if (filter) checkEfficient(filterFields(filter), orderBy)
  return {
    top,
    skip: readCount(query, '$skip') ?? 0,
    count: query.get('$count')?.toLowerCase() === 'true',
    filter: filter && compileFilter(filter, fields, collections),
    order: isNaturalOrder(orderBy) ? undefined : comparer(orderBy, fields),
  }
}

interface OrderBy {
  field: string
  descending: boolean
}

const isNaturalOrder = (orderBy: OrderBy[]) =>
  orderBy.length === 0 || (orderBy.length === 1 && orderBy[0]?.field === 'receivedDateTime' && orderBy[0].descending)

function readOrderBy<T>(text: string | null, fields: Record<string, Field<T>>): OrderBy[] {
  if (!text) return []
  return text.split(',').map((one) => {
    const [field = '', direction = 'asc', ...rest] = one.trim().split(/\s+/)
    if (!Object.hasOwn(fields, field) || !fields[field]?.ordered || !/^(asc|desc)$/i.test(direction) || rest.length > 0) {
      throw badRequest('The query specified in the URI is not valid: $orderby.')
    }
    return { field, descending: direction.toLowerCase() === 'desc' }
  })
}

/**
 * What is ordered by must come first in the filter, in the same order.
 *
 * @see {@link https://learn.microsoft.com/graph/api/user-list-messages#using-filter-and-orderby-in-the-same-query}
 */
function checkEfficient(filtered: string[], orderBy: OrderBy[]): void {
  if (orderBy.every(({ field }, index) => filtered[index] === field)) return
  throw new GraphError(400, 'InefficientFilter', 'The restriction or sort order is too complex for this operation.')
}

function comparer<T>(orderBy: OrderBy[], fields: Record<string, Field<T>>): (a: T, b: T) => number {
  return (a, b) => {
    for (const { field, descending } of orderBy) {
      const [left, right] = [fields[field]?.read(a) ?? '', fields[field]?.read(b) ?? '']
      if (left !== right) return left < right === descending ? 1 : -1
    }
    return 0
  }
}

function readCount(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^\d{1,9}$/.test(text)) throw badRequest(`Invalid value for ${name} query option found.`)
  return Number(text)
}
