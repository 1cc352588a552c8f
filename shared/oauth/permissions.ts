/** What a person consents to, in the gateway's words. The order is the order in which they are listed everywhere. */
export const mailboxPermissions = ['send', 'read', 'organize', 'shared', 'imap', 'pop', 'smtp', 'calendars', 'contacts'] as const
export type MailboxPermission = (typeof mailboxPermissions)[number]

/** Whom a token is for. */
export const resources = ['graph', 'outlook'] as const
export type Resource = (typeof resources)[number]

const graphScopes: Partial<Record<MailboxPermission, string>> = {
  send: 'Mail.Send',
  read: 'Mail.Read',
  organize: 'Mail.ReadWrite',
  calendars: 'Calendars.ReadWrite',
  contacts: 'Contacts.ReadWrite',
}

const sharedTwins: Partial<Record<MailboxPermission, string>> = {
  send: 'Mail.Send.Shared',
  read: 'Mail.Read.Shared',
  organize: 'Mail.ReadWrite.Shared',
  calendars: 'Calendars.ReadWrite.Shared',
  contacts: 'Contacts.ReadWrite.Shared',
}

const outlookScopes: Partial<Record<MailboxPermission, string>> = {
  imap: 'IMAP.AccessAsUser.All',
  pop: 'POP.AccessAsUser.All',
  smtp: 'SMTP.Send',
}

const OPENID_SCOPES = ['openid', 'profile', 'email', 'offline_access']

/**
 * The delegated scopes of one resource that these permissions need. Graph scopes are bare names, which Entra reads as Microsoft Graph of
 * its own cloud; Outlook scopes carry their resource. Empty when nothing of that resource is asked.
 *
 * @see {@link https://learn.microsoft.com/entra/identity-platform/scopes-oidc Scopes and permissions}
 */
export function scopesOf(resource: Resource, permissions: Iterable<MailboxPermission>, outlookResource: string): string[] {
  const asked = [...permissions]
  if (resource === 'outlook') return asked.flatMap((one) => outlookScopes[one] ?? []).map((name) => `${outlookResource}/${name}`)
  const names = asked.flatMap((one) => graphScopes[one] ?? [])
  const twins = asked.includes('shared') ? asked.flatMap((one) => sharedTwins[one] ?? []) : []
  return ['User.Read', ...names, ...twins]
}

/** Everything one consent asks for: the OpenID scopes and those of every resource. Allowed at the authorize endpoint only. */
export function consentScopes(permissions: Iterable<MailboxPermission>, outlookResource: string): string[] {
  const asked = [...permissions]
  return [...OPENID_SCOPES, ...resources.flatMap((resource) => scopesOf(resource, asked, outlookResource))]
}

/** A scope as it is compared: without resource prefix and case. */
function bare(scope: string): string {
  return scope.slice(scope.lastIndexOf('/') + 1).toLowerCase()
}

/** Which of the needed scopes are not among the granted ones. The OpenID scopes are ignored: Entra does not always list them. */
export function missingScopes(needed: Iterable<string>, granted: Iterable<string>): string[] {
  const have = new Set([...granted].map(bare))
  return [...needed].filter((scope) => !have.has(bare(scope)) && !OPENID_SCOPES.includes(bare(scope)))
}

/** The permissions that these granted scopes cover. `shared` counts when each asked permission that has a twin has it. */
export function permissionsCovered(asked: Iterable<MailboxPermission>, granted: Iterable<string>): MailboxPermission[] {
  const scopes = [...granted]
  const all = [...asked]
  return all.filter((permission) => {
    const single = graphScopes[permission] ?? outlookScopes[permission]
    const needed = permission === 'shared' ? all.flatMap((one) => sharedTwins[one] ?? []) : single ? [single] : []
    return needed.length > 0 && missingScopes(needed, scopes).length === 0
  })
}
