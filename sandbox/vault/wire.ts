import { json } from '../stand-in.ts'
import { badParameter } from './errors.ts'
import type { VaultObject, Version, VersionChanges } from './store.ts'

/** Days a deleted object can be recovered. */
const RECOVERABLE_DAYS = 90
const DAY_SECONDS = 86_400
const PAGE_SIZE = 25

export function attributesOf(version: Version<unknown>) {
  const { enabled, created, updated, exp, nbf } = version
  return { enabled, created, updated, exp, nbf, recoveryLevel: 'Recoverable+Purgeable', recoverableDays: RECOVERABLE_DAYS }
}

/** What a deleted object's answer holds beside the object itself. */
export function deletionOf(object: VaultObject<unknown>, recoveryId: string) {
  const deletedDate = object.deletedDate ?? 0
  return { recoveryId, deletedDate, scheduledPurgeDate: deletedDate + RECOVERABLE_DAYS * DAY_SECONDS }
}

/** The `attributes` and `tags` of a request's body. */
export function changesFrom(body: Record<string, unknown>): VersionChanges {
  const { enabled, exp, nbf } = (body.attributes ?? {}) as Record<string, unknown>
  if (enabled !== undefined && typeof enabled !== 'boolean') throw badParameter('attributes.enabled must be true or false.')
  for (const time of [exp, nbf]) {
    if (time !== undefined && !Number.isInteger(time))
      throw badParameter('attributes.exp and attributes.nbf are in Unix seconds.')
  }
  return { enabled, exp: exp as number, nbf: nbf as number, tags: body.tags as Record<string, string> }
}

/** One page of a list: at most 25 items, `maxresults` may ask for fewer; `nextLink` leads on. */
export function page(items: unknown[], url: URL): Response {
  const size = Number(url.searchParams.get('maxresults') ?? PAGE_SIZE)
  if (!Number.isInteger(size) || size < 1 || size > PAGE_SIZE) throw badParameter(`maxresults must be 1 to ${PAGE_SIZE}.`)
  const from = Number(url.searchParams.get('$skiptoken') ?? 0)
  const next = new URL(url)
  next.searchParams.set('$skiptoken', String(from + size))
  return json(200, { value: items.slice(from, from + size), nextLink: from + size < items.length ? next.href : null })
}
