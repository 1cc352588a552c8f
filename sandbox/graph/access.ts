import { CONSUMERS_TENANT_ID } from '../people.ts'
import { accessDenied, badRequest, GraphError } from './errors.ts'
import type { GraphService, GraphToken } from './service.ts'
import type { Mailbox } from './store/mailbox.ts'
import { isAppOnly } from './token.ts'

/** What a route does, and so which permissions open it. */
export type Access = 'user' | 'read' | 'change' | 'send'

type MailAccess = Exclude<Access, 'user'>

const PERMISSIONS: Record<MailAccess, string[]> = {
  read: ['Mail.Read', 'Mail.ReadWrite'],
  change: ['Mail.ReadWrite'],
  send: ['Mail.Send'],
}

/** The mailbox a path names: `/me`, or `/users/{id, user principal name or address}` in the caller's own tenant. */
export function findMailbox(service: GraphService, token: GraphToken, user: string | undefined): Mailbox {
  if (user === undefined && isAppOnly(token)) throw badRequest('/me request is only valid with delegated authentication flow.')
  const mailbox = service.store.mailbox(user ?? token.oid)
  if (!mailbox || mailbox.owner.tenantId !== token.tid || isStranger(mailbox, token)) {
    throw new GraphError(404, 'ErrorInvalidUser', `The requested user '${user ?? token.oid}' is invalid.`)
  }
  return mailbox
}

/** Throws unless the token's permissions, and the mailbox's own sharing, allow this. */
export function authorize(service: GraphService, token: GraphToken, mailbox: Mailbox, access: Access): void {
  if (access === 'user') authorizeUser(token, mailbox)
  else if (isAppOnly(token)) authorizeApplication(service, token, mailbox, access)
  else authorizePerson(token, mailbox, access)
}

function authorizeApplication(service: GraphService, token: GraphToken, mailbox: Mailbox, access: MailAccess): void {
  if (!holds(token.roles, PERMISSIONS[access])) throw accessDenied()
  const allowed = service.settings.applicationMailboxes.get(token.appid)
  if (allowed && !allowed.has(mailbox.owner.mail.toLowerCase())) {
    throw new GraphError(
      403,
      'ErrorAccessDenied',
      'Access to OData is disabled: an application access policy excludes this mailbox.',
    )
  }
}

function authorizePerson(token: GraphToken, mailbox: Mailbox, access: MailAccess): void {
  const shared = PERMISSIONS[access].map((permission) => `${permission}.Shared`)
  const own = mailbox.owner.oid === token.oid
  if (!holds(token.scp, own ? [...PERMISSIONS[access], ...shared] : shared)) throw accessDenied()
  if (!mayOpen(mailbox, token.oid)) throw accessDenied()
}

/** May this person open the mailbox, and send as it? */
export function mayOpen(mailbox: Mailbox, oid: string): boolean {
  return mailbox.owner.oid === oid || (mailbox.owner.sharedWith?.includes(oid) ?? false)
}

export function holds(granted: string[], wanted: string[]): boolean {
  const lower = granted.map((one) => one.toLowerCase())
  return wanted.some((one) => lower.includes(one.toLowerCase()))
}

function authorizeUser(token: GraphToken, mailbox: Mailbox): void {
  const own = !isAppOnly(token) && mailbox.owner.oid === token.oid
  const wanted = ['User.Read.All', 'User.ReadWrite.All', ...(own ? ['User.Read', 'User.ReadWrite'] : [])]
  if (!holds(isAppOnly(token) ? token.roles : token.scp, wanted)) {
    throw new GraphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.')
  }
}

/** Personal accounts share a tenant id and nothing else. */
function isStranger(mailbox: Mailbox, token: GraphToken): boolean {
  return token.tid === CONSUMERS_TENANT_ID && mailbox.owner.oid !== token.oid
}
