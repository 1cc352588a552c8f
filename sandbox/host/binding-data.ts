import type { TypedData } from './core-types.ts'

const ISO_DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?$/

/**
 * The top-level members of a JSON object, as the host hands them on beside the input itself: scalars as .NET prints them,
 * objects as JSON, arrays and null not at all. Any other text has none.
 */
export function bindingDataOf(text: string): [name: string, data: TypedData][] {
  if (!/^\s*\{/.test(text)) return []
  let value: Record<string, unknown>
  try {
    value = JSON.parse(text)
  } catch {
    return []
  }
  return Object.entries(value).flatMap(([name, member]): [string, TypedData][] => {
    if (member === null || Array.isArray(member)) return []
    return [[name, typeof member === 'object' ? { json: JSON.stringify(member) } : { string: print(member) }]]
  })
}

function print(scalar: unknown): string {
  if (typeof scalar === 'boolean') return scalar ? 'True' : 'False'
  if (typeof scalar !== 'string' || !ISO_DATE.test(scalar)) return String(scalar)
  const [date = '', time = ''] = scalar.split('T')
  const [year, month, day] = date.split('-')
  return `${month}/${day}/${year} ${time.slice(0, 8)}`
}

/** A dictionary with .NET's OrdinalIgnoreCase: a later value of the same name wins, the first spelling of it stays. */
export class BindingData {
  readonly #entries = new Map<string, [name: string, data: TypedData]>()

  set(name: string, data: TypedData): void {
    const key = name.toUpperCase()
    this.#entries.set(key, [this.#entries.get(key)?.[0] ?? name, data])
  }

  has(name: string): boolean {
    return this.#entries.has(name.toUpperCase())
  }

  toRecord(): Record<string, TypedData> {
    return Object.fromEntries(this.#entries.values())
  }
}
