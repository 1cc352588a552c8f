import type { Field } from './fields.ts'
import type { Comparison, Filter, Literal } from './filter.ts'
import { invalidFilter } from './tokens.ts'

type Fields<T> = Record<string, Field<T>>
type Collections<T> = Record<string, (item: T) => Record<string, string>[]>
type Test<T> = (item: T) => boolean

/** Turns a filter into a test, checking every field and literal first: a wrong one is 400 even when nothing is stored. */
export function compileFilter<T>(filter: Filter, fields: Fields<T>, collections: Collections<T> = {}): Test<T> {
  switch (filter.kind) {
    case 'and': {
      const [left, right] = [compileFilter(filter.left, fields, collections), compileFilter(filter.right, fields, collections)]
      return (item) => left(item) && right(item)
    }
    case 'or': {
      const [left, right] = [compileFilter(filter.left, fields, collections), compileFilter(filter.right, fields, collections)]
      return (item) => left(item) || right(item)
    }
    case 'not': {
      const operand = compileFilter(filter.operand, fields, collections)
      return (item) => !operand(item)
    }
    case 'compare':
      return compileComparison(filter, fields)
    case 'function':
      return compileFunction(filter, fields)
    case 'any':
      return compileAny(filter, collections)
  }
}

function compileComparison<T>(filter: Filter & { kind: 'compare' }, fields: Fields<T>): Test<T> {
  const field = fieldOf(fields, filter.field)
  if (field.type === 'time') {
    if (!filter.isTime) throw invalidFilter()
    const wanted = Date.parse(String(filter.value))
    return (item) => holds(filter.comparison, Math.sign(Date.parse(String(field.read(item))) - wanted))
  }
  const expected = field.type === 'text' ? 'string' : field.type
  if (filter.isTime || (filter.value !== null && typeof filter.value !== expected)) throw invalidFilter()
  return (item) => {
    const order = compareValues(field.read(item), filter.value, field.exact)
    // A missing value equals only null and is in no order with anything.
    return order === undefined ? filter.comparison === 'ne' : holds(filter.comparison, order)
  }
}

function compileFunction<T>(filter: Filter & { kind: 'function' }, fields: Fields<T>): Test<T> {
  const field = fieldOf(fields, filter.field)
  if (field.type !== 'text') throw invalidFilter()
  const wanted = filter.value.toLowerCase()
  const method = { startswith: 'startsWith', endswith: 'endsWith', contains: 'includes' } as const
  return (item) =>
    String(field.read(item) ?? '')
      .toLowerCase()
      [method[filter.name]](wanted)
}

function compileAny<T>(filter: Filter & { kind: 'any' }, collections: Collections<T>): Test<T> {
  const collection = collections[filter.collection]
  if (!collection) throw invalidFilter()
  const prefix = filter.variable
  const field = (path: string): Field<Record<string, string>> => ({ type: 'text', read: (element) => element[path] ?? null })
  const paths = filter.collection === 'categories' ? [''] : ['id', 'value']
  const fields = Object.fromEntries(paths.map((path) => [path ? `${prefix}/${path}` : prefix, field(path)]))
  const condition = compileFilter(filter.condition, fields)
  return (item) => collection(item).some(condition)
}

function fieldOf<T>(fields: Fields<T>, name: string): Field<T> {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (!field) throw invalidFilter()
  return field
}

function compareValues(actual: string | boolean | number | null, wanted: Literal, exact = false): number | undefined {
  if (actual === null || wanted === null) return actual === wanted ? 0 : undefined
  if (typeof actual === 'string' && typeof wanted === 'string') {
    if (exact) return actual === wanted ? 0 : actual < wanted ? -1 : 1
    const [a, b] = [actual.toLowerCase(), wanted.toLowerCase()]
    return a < b ? -1 : a > b ? 1 : 0
  }
  return Math.sign(Number(actual) - Number(wanted))
}

function holds(comparison: Comparison, order: number): boolean {
  const accepted = { eq: [0], ne: [-1, 1], gt: [1], ge: [0, 1], lt: [-1], le: [-1, 0] }[comparison]
  return accepted.includes(order)
}
