import { AppError } from '../errors.ts'

/** Graph's ids of messages, attachments and folders are base64url; anything else could change the path of a request. */
const ITEM_ID = /^[A-Za-z0-9_=-]{1,512}$/

/** The id, safe to stand in a path. An id that cannot exist is answered as one that does not. */
export function itemId(id: string): string {
  if (!ITEM_ID.test(id)) throw new AppError('not_found', 'The mailbox has no such item.')
  return id
}
