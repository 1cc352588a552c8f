import { AppError } from '../errors.ts'

/** A mailbox as the mail module sees it; made by the caller of the module for one request. */
export interface Mailbox {
  accountId: string
  /** What Microsoft counts concurrent requests by: (cloud, client id, mailbox). */
  key: string
  /** `/me`, or `/users/{address}` with the address URL-encoded. */
  path: string
  /** The gateway permissions consented for this mailbox: `send`, `read`, `organize`, `shared`, … */
  permissions: ReadonlySet<string>
  /** A fresh access token for our own Graph calls; `claims` (JSON text) when Graph challenged the last one. */
  accessToken(claims?: string): Promise<string>
}

export type MailPermission = 'send' | 'read' | 'organize' | 'shared'

/** `organize` is Mail.ReadWrite, which covers all that Mail.Read does. */
const impliedBy: Partial<Record<MailPermission, MailPermission>> = { read: 'organize' }

/** Refuses before any call what the consent of this mailbox does not cover. */
export function requirePermission({ permissions }: Mailbox, needed: MailPermission): void {
  const implied = impliedBy[needed]
  if (permissions.has(needed) || (implied && permissions.has(implied))) return
  throw permissionMissing(needed)
}

/** The problem of a consent that does not cover what was asked; the caller adds the link that asks for it. */
export function permissionMissing(needed: string, details: ConstructorParameters<typeof AppError>[2] = {}): AppError {
  return new AppError('permission_missing', `The consent for this mailbox does not cover the permission "${needed}".`, {
    ...details,
    extra: { permissions: [needed] },
  })
}
