import { badRequest, invalidProperty } from '../errors.ts'
import type { StoredExtendedProperty } from '../store/model.ts'

const GUID = '\\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\\}'
const PROPERTY_ID = new RegExp(`^[A-Za-z]+ (?:${GUID} (?:Name .+|Id 0x[0-9a-f]+)|0x[0-9a-f]{1,4})$`, 'i')
const EXPANSION = /^singleValueExtendedProperties\(\$filter=(.+)\)$/i
const CONDITION = /^id eq '((?:[^']|'')*)'$/i

/**
 * Refuses an id that is not `{type} {GUID} Name {name}`, `… Id {id}` or `{type} {proptag}`.
 *
 * @see {@link https://learn.microsoft.com/graph/api/resources/extended-properties-overview Outlook extended properties}
 */
export function checkExtendedProperty({ id }: StoredExtendedProperty): void {
  if (!PROPERTY_ID.test(id)) throw invalidProperty('The extended property id is not in a known format.')
}

/** Adds or replaces: a property is itself whatever the case of its id. */
export function setExtendedProperties(existing: StoredExtendedProperty[], changes: StoredExtendedProperty[]) {
  const replaced = new Set(changes.map(({ id }) => id.toLowerCase()))
  return [...existing.filter(({ id }) => !replaced.has(id.toLowerCase())), ...changes]
}

/** The ids asked for by `singleValueExtendedProperties($filter=id eq '…' or id eq '…')`; undefined when it is not that. */
export function expandedPropertyIds(expansion: string): Set<string> | undefined {
  const [, condition] = EXPANSION.exec(expansion) ?? []
  if (!condition) return undefined
  const ids = condition.split(/ or /i).map((one) => CONDITION.exec(one.trim())?.[1])
  if (ids.some((id) => id === undefined)) throw badRequest('Parsing OData Select and Expand failed.')
  return new Set(ids.map((id) => String(id).replaceAll("''", "'").toLowerCase()))
}
