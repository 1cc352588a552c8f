import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

import { AppError } from '../errors.ts'
import { type MailboxPermission, mailboxPermissions } from '../oauth/permissions.ts'

/** What a ready link asks its person for: the same account again, with at least these permissions. */
export interface ConnectLink {
  account: string
  permissions: MailboxPermission[]
}

export interface ConnectLinks {
  /** The ticket of a link; nothing is stored until somebody opens it. */
  seal(link: ConnectLink): Promise<string>
  /** @throws `not_found` for a ticket that is not ours or has expired. */
  open(ticket: string): Promise<ConnectLink>
}

export const LINK_PREFIX = 'lnk_'
const LIFE_SECONDS = 7 * 24 * 3600
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Ready links that stand in problems and events. They are made with every such answer, so they must cost no storage: the ticket is the sealed
 * request itself.
 */
export function createConnectLinks(deriveKey: (purpose: string) => Promise<Buffer>, now: () => number): ConnectLinks {
  return {
    async seal({ account, permissions }) {
      const until = Math.floor(now() / 1000) + LIFE_SECONDS
      const asked = permissions.map((one) => mailboxPermissions.indexOf(one))
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', await deriveKey('connect-link'), nonce)
      const plaintext = JSON.stringify([account, until, ...asked])
      const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
      return LINK_PREFIX + sealed.toString('base64url')
    },
    async open(ticket) {
      const sealed = Buffer.from(ticket.slice(LINK_PREFIX.length), 'base64url')
      const [account, until, ...asked] = decode(sealed, await deriveKey('connect-link'))
      if ((until as number) * 1000 <= now())
        throw new AppError('not_found', 'This link has expired.', { reason: 'expired', action: 'user' })
      return {
        account: account as string,
        permissions: asked.map((index) => mailboxPermissions[index as number] as MailboxPermission),
      }
    },
  }
}

function decode(sealed: Buffer, key: Buffer): (string | number)[] {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    return JSON.parse(Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString())
  } catch (cause) {
    throw new AppError('not_found', 'This link is not valid. Ask the application that sent it for a new one.', {
      action: 'user',
      cause,
    })
  }
}
