/**
 * Names of the folders that every mailbox has, usable as ids in Graph.
 *
 * @see {@link https://learn.microsoft.com/graph/api/resources/mailfolder}
 */
export const wellKnownFolders = ['inbox', 'drafts', 'sentitems', 'deleteditems', 'archive', 'junkemail', 'outbox'] as const

export type WellKnownFolder = (typeof wellKnownFolders)[number]

/** The contract's test of a folder id: no slash, at least so many characters. */
const FOLDER_ID = /^[A-Za-z0-9_=-]{60,512}$/

export type FolderReference =
  | { kind: 'wellKnown'; name: WellKnownFolder }
  | { kind: 'id'; id: string }
  | { kind: 'path'; segments: string[] }

export function asWellKnown(name: string): WellKnownFolder | undefined {
  return wellKnownFolders.find((known) => known === name.toLowerCase())
}

/** What a caller means by a folder; `undefined` for what names none. */
export function parseFolderReference(reference: string): FolderReference | undefined {
  const name = asWellKnown(reference)
  if (name) return { kind: 'wellKnown', name }
  if (FOLDER_ID.test(reference)) return { kind: 'id', id: reference }
  const segments = reference.split('/').map(decodeSegment)
  return segments.every((segment) => segment.trim() !== '') ? { kind: 'path', segments } : undefined
}

/** A folder's name as a segment of a path: `/` is `%2F`, and a percent sign is written `%25` only where it could be misread. */
export function encodeSegment(name: string): string {
  return name.replace(/%(?=2F|25)/gi, '%25').replaceAll('/', '%2F')
}

export function decodeSegment(segment: string): string {
  return segment.replace(/%(2F|25)/gi, (_match, code: string) => (code === '25' ? '%' : '/'))
}

/** Do two folder names mean the same folder? Exchange does not tell them apart by case. */
export function isSameName(a: string, b: string): boolean {
  return fold(a) === fold(b)
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase()
}
