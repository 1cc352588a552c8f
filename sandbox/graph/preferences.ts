/** What the `Prefer` header asks for. @see {@link https://learn.microsoft.com/graph/outlook-immutable-id Immutable ids} */
export interface Preferences {
  immutableIds: boolean
  bodyType?: 'text' | 'html'
}

export function readPreferences(headers: Headers): Preferences {
  const asked = new Set((headers.get('prefer') ?? '').split(',').map((one) => one.replaceAll(/["\s]/g, '').toLowerCase()))
  const bodyType = (['text', 'html'] as const).find((type) => asked.has(`outlook.body-content-type=${type}`))
  return { immutableIds: asked.has('idtype=immutableid'), bodyType }
}

/** The value of `Preference-Applied`, if any preference was. */
export function preferenceApplied({ immutableIds, bodyType }: Preferences): string | undefined {
  const applied: string[] = []
  if (immutableIds) applied.push('IdType="ImmutableId"')
  if (bodyType) applied.push(`outlook.body-content-type="${bodyType}"`)
  return applied.length > 0 ? applied.join(', ') : undefined
}
