import { GraphError } from '../errors.ts'

export type Token =
  | { kind: 'text'; value: string }
  | { kind: 'number'; value: number }
  | { kind: 'time'; value: string }
  | { kind: 'word'; value: string }
  | { kind: 'mark'; value: '(' | ')' | ',' | ':' }

export const invalidFilter = () =>
  new GraphError(400, 'ErrorInvalidUrlQueryFilter', 'The query filter contains one or more invalid nodes.')

const PATTERNS: [RegExp, (match: string) => Token][] = [
  [/'(?:[^']|'')*'/y, (match) => ({ kind: 'text', value: match.slice(1, -1).replaceAll("''", "'") })],
  [/\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?/y, (match) => ({ kind: 'time', value: match })],
  [/-?\d+(?:\.\d+)?/y, (match) => ({ kind: 'number', value: Number(match) })],
  [/[A-Za-z_@][\w./@]*/y, (match) => ({ kind: 'word', value: match })],
  [/[(),:]/y, (match) => ({ kind: 'mark', value: match as '(' })],
]

/** Splits an OData expression. Throws Graph's 400 at the first character that cannot start a token. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let position = 0
  while (position < text.length) {
    if (/\s/.test(text.charAt(position))) {
      position += 1
      continue
    }
    const found = PATTERNS.find(([pattern]) => {
      pattern.lastIndex = position
      return pattern.test(text)
    })
    if (!found) throw invalidFilter()
    tokens.push(found[1](text.slice(position, found[0].lastIndex)))
    position = found[0].lastIndex
  }
  return tokens
}
