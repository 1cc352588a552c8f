/** A mailbox as Exchange sees it. */
export interface Mailbox {
  address: string
  oid: string
  tenantId: string
  /** The oids of people who may open it and send as it, beside its owner. */
  sharedWith?: string[]
}

/** What an access token for Exchange says. `scp` and `roles` hold bare names. */
export interface ExchangeToken {
  aud: string
  tid: string
  oid: string
  appid: string
  upn: string
  scp: string[]
  roles: string[]
  /** The sign-in behind it was revoked, and the token may be refused for that (continuous access evaluation). */
  revoked?: boolean
}

export function findMailbox(mailboxes: Mailbox[], address: string): Mailbox | undefined {
  return mailboxes.find((mailbox) => mailbox.address.toLowerCase() === address.toLowerCase())
}

/** A person opens their own mailbox and those shared with them; an application those of its tenant. */
export function mayOpen(token: ExchangeToken, mailbox: Mailbox): boolean {
  if (mailbox.tenantId !== token.tid) return false
  return isApplication(token) || mailbox.oid === token.oid || (mailbox.sharedWith ?? []).includes(token.oid)
}

export const isApplication = (token: ExchangeToken) => token.scp.length === 0
