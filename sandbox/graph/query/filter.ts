import { invalidFilter, type Token, tokenize } from './tokens.ts'

export type Comparison = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'
export type TextFunction = 'startswith' | 'endswith' | 'contains'
export type Literal = string | number | boolean | null

/** A parsed `$filter`. */
export type Filter =
  | { kind: 'and' | 'or'; left: Filter; right: Filter }
  | { kind: 'not'; operand: Filter }
  | { kind: 'compare'; field: string; comparison: Comparison; value: Literal; isTime: boolean }
  | { kind: 'function'; name: TextFunction; field: string; value: string }
  | { kind: 'any'; collection: string; variable: string; condition: Filter }

const COMPARISONS = ['eq', 'ne', 'gt', 'ge', 'lt', 'le']
const TEXT_FUNCTIONS = ['startswith', 'endswith', 'contains']

/**
 * Parses the part of OData's `$filter` that Outlook understands; `any` is its only lambda.
 *
 * @see {@link https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html OData URL conventions §5.1.1}
 */
export function parseFilter(text: string): Filter {
  const parser = new Parser(tokenize(text))
  const filter = parser.or()
  parser.end()
  return filter
}

/** The fields a filter names, in the order of its text. */
export function filterFields(filter: Filter): string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...filterFields(filter.left), ...filterFields(filter.right)]
    case 'not':
      return filterFields(filter.operand)
    case 'any':
      return [filter.collection]
    default:
      return [filter.field]
  }
}

class Parser {
  readonly #tokens: Token[]
  #next = 0

  constructor(tokens: Token[]) {
    this.#tokens = tokens
  }

  or(): Filter {
    let left = this.#and()
    while (this.#take('word', 'or')) left = { kind: 'or', left, right: this.#and() }
    return left
  }

  end(): void {
    if (this.#next < this.#tokens.length) throw invalidFilter()
  }

  #and(): Filter {
    let left = this.#not()
    while (this.#take('word', 'and')) left = { kind: 'and', left, right: this.#not() }
    return left
  }

  #not(): Filter {
    return this.#take('word', 'not') ? { kind: 'not', operand: this.#not() } : this.#term()
  }

  #term(): Filter {
    if (this.#take('mark', '(')) {
      const inner = this.or()
      this.#mark(')')
      return inner
    }
    const word = this.#word()
    if (TEXT_FUNCTIONS.includes(word.toLowerCase())) return this.#function(word.toLowerCase() as TextFunction)
    if (/\/any$/i.test(word)) return this.#any(word.slice(0, -'/any'.length))
    return this.#compare(word)
  }

  #function(name: TextFunction): Filter {
    this.#mark('(')
    const field = this.#word()
    this.#mark(',')
    const value = this.#tokens[this.#next++]
    if (value?.kind !== 'text') throw invalidFilter()
    this.#mark(')')
    return { kind: 'function', name, field, value: value.value }
  }

  #any(collection: string): Filter {
    this.#mark('(')
    const variable = this.#word()
    this.#mark(':')
    const condition = this.or()
    this.#mark(')')
    return { kind: 'any', collection, variable, condition }
  }

  #compare(field: string): Filter {
    const comparison = this.#word().toLowerCase()
    if (!COMPARISONS.includes(comparison)) throw invalidFilter()
    const literal = this.#tokens[this.#next++]
    if (!literal || literal.kind === 'mark') throw invalidFilter()
    const value = literal.kind === 'word' ? keyword(literal.value) : literal.value
    return { kind: 'compare', field, comparison: comparison as Comparison, value, isTime: literal.kind === 'time' }
  }

  #take(kind: Token['kind'], value: string): boolean {
    const token = this.#tokens[this.#next]
    const found = token?.kind === kind && String(token.value).toLowerCase() === value
    if (found) this.#next += 1
    return found
  }

  #mark(value: string): void {
    if (!this.#take('mark', value)) throw invalidFilter()
  }

  #word(): string {
    const token = this.#tokens[this.#next++]
    if (token?.kind !== 'word') throw invalidFilter()
    return token.value
  }
}

function keyword(word: string): Literal {
  const known: Record<string, Literal> = { true: true, false: false, null: null }
  const value = known[word.toLowerCase()]
  if (value === undefined) throw invalidFilter()
  return value
}
