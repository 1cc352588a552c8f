import { badRequest } from '../errors.ts'

/** The properties `$select` names, each checked against what the type has; undefined when there is no `$select`. */
export function readSelect(query: URLSearchParams, known: string[], type: string): string[] | undefined {
  const text = query.get('$select')
  if (!text) return undefined
  return text.split(',').map((one) => {
    const name = one.trim()
    if (!known.includes(name)) {
      throw badRequest(`Parsing OData Select and Expand failed: Could not find a property named '${name}' on type '${type}'.`)
    }
    return name
  })
}

/** The parts of `$expand`, split where a comma is outside parentheses and quotes. */
export function readExpand(query: URLSearchParams): string[] {
  const parts: string[] = []
  let [depth, quoted, part] = [0, false, '']
  for (const character of query.get('$expand') ?? '') {
    if (character === "'") quoted = !quoted
    if (!quoted && character === '(') depth += 1
    if (!quoted && character === ')') depth -= 1
    if (character === ',' && depth === 0 && !quoted) {
      parts.push(part.trim())
      part = ''
    } else part += character
  }
  return [...parts, part.trim()].filter(Boolean)
}
