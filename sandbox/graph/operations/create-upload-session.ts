import { z } from 'zod'

import { GraphError, invalidProperty, tooLarge } from '../errors.ts'
import { readJson, reply, serviceRoot } from '../http.ts'
import { checkProperties, property } from '../input.ts'
import { messageOf } from '../lookup.ts'
import type { GraphHandler } from '../service.ts'

/** Lower than what one POST takes, since it is not documented on which side of the border Exchange stops. */
const MINIMUM_BYTES = 3_000_000
const MAXIMUM_BYTES = 150 * 1024 * 1024

const attachmentItem = z.object({
  attachmentType: z.literal('file'),
  name: z.string().min(1),
  size: z.int().positive(),
  contentType: z.string().nullish(),
  isInline: z.boolean().nullish(),
  contentId: z.string().nullish(),
})

/** POST /messages/{message}/attachments/createUploadSession. @see {@link https://learn.microsoft.com/graph/outlook-large-attachments} */
export const createUploadSession: GraphHandler = async (call) => {
  const message = messageOf(call)
  const body = await readJson(call.request)
  checkProperties(body, ['attachmentItem'])
  const item = attachmentItem.safeParse(property(body, 'attachmentItem'))
  if (!item.success) throw invalidProperty('The attachmentItem has a value that cannot be used.')
  if (item.data.size < MINIMUM_BYTES) {
    throw new GraphError(400, 'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize', 'The file is too small for an upload session.')
  }
  if (item.data.size > MAXIMUM_BYTES) throw tooLarge('ErrorAttachmentSizeLimitExceeded', 'The file is larger than 150 MB.')

  const { mailbox, service, token, request } = call
  const session = service.uploads.open({ appId: token.appid, mailbox, message, file: item.data })
  return reply(201, {
    '@odata.context': `${serviceRoot(request)}/$metadata#microsoft.graph.uploadSession`,
    uploadUrl: `${request.url.origin}/upload/${session.id}?authtoken=${session.secret}`,
    expirationDateTime: new Date(session.expiresOn).toISOString(),
    nextExpectedRanges: ['0-'],
  })
}
