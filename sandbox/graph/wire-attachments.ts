import type { Attachment } from '@microsoft/microsoft-graph-types'

import type { Blobs } from './store/blobs.ts'
import { contentBytes } from './store/content.ts'
import type { StoredAttachment } from './store/model.ts'

/**
 * Graph's `size` counts what Exchange keeps with the bytes, so it is not the length of the content (816 bytes were seen as 1,053).
 *
 * @see {@link https://github.com/microsoftgraph/microsoft-graph-docs/issues/9796}
 */
const OVERHEAD_BYTES = 237

/** Properties of each kind that `$select` names only behind the kind's type. */
const DERIVED: Record<StoredAttachment['kind'], string[]> = {
  file: ['contentId', 'contentLocation', 'contentBytes'],
  item: [],
  reference: [],
}

const COMMON = ['id', 'lastModifiedDateTime', 'name', 'contentType', 'size', 'isInline']

export const ATTACHMENT_PROPERTIES = [...COMMON, ...DERIVED.file.map((name) => `microsoft.graph.fileAttachment/${name}`)]

/** An attachment as Graph shows it, whole or as `$select` asks. */
export function attachmentToWire(blobs: Blobs, attachment: StoredAttachment, selected?: string[]): Attachment {
  const type = `microsoft.graph.${attachment.kind}Attachment`
  const names = selected
    ? ['id', ...selected.map((name) => (name.startsWith(`${type}/`) ? name.slice(type.length + 1) : name))]
    : [...COMMON, ...DERIVED[attachment.kind]]
  const wire: Record<string, unknown> = { '@odata.type': `#${type}` }
  if (attachment.kind === 'file') wire['@odata.mediaContentType'] = attachment.contentType
  for (const name of names) if (name in PROPERTY) wire[name] = PROPERTY[name]?.(attachment, blobs)
  return wire as Attachment
}

const PROPERTY: Record<string, (attachment: StoredAttachment, blobs: Blobs) => unknown> = {
  id: ({ id }) => id,
  lastModifiedDateTime: ({ lastModifiedDateTime }) => lastModifiedDateTime,
  name: ({ name }) => name,
  contentType: ({ contentType }) => contentType,
  size: ({ size }) => size + OVERHEAD_BYTES,
  isInline: ({ isInline }) => isInline,
  contentId: ({ contentId }) => contentId,
  contentLocation: () => null,
  contentBytes: (attachment, blobs) => contentBytes(blobs, attachment).toString('base64'),
}
