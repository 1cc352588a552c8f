import type { EntraContext } from './context.ts'

/** An API that tokens are for, with its permissions by canonical name and in plain words. */
export interface Resource {
  /** What the journal calls it. */
  name: string
  /** Prefix of its scopes. */
  uri: string
  aliases: string[]
  audience: string
  appAudience: string
  scopes: Record<string, string>
  roles: Record<string, string>
}

const GRAPH: Resource = {
  name: 'graph',
  uri: 'https://graph.microsoft.com',
  aliases: ['00000003-0000-0000-c000-000000000000'],
  audience: 'https://graph.microsoft.com',
  appAudience: 'https://graph.microsoft.com',
  scopes: {
    'User.Read': 'Sign you in and read your profile',
    'Mail.Send': 'Send mail as you',
    'Mail.Read': 'Read your mail',
    'Mail.ReadWrite': 'Read, update, create and delete your mail',
    'Mail.Send.Shared': 'Send mail on behalf of others or yourself',
    'Mail.Read.Shared': 'Read mail you can access',
    'Mail.ReadWrite.Shared': 'Read, update, create and delete mail you can access',
    'Calendars.ReadWrite': 'Have full access to your calendars',
    'Calendars.ReadWrite.Shared': 'Read and write calendars you can access',
    'Contacts.ReadWrite': 'Have full access to your contacts',
    'Contacts.ReadWrite.Shared': 'Read and write contacts you can access',
  },
  roles: {
    'Mail.Send': 'Send mail as any user',
    'Mail.Read': 'Read mail in all mailboxes',
    'Mail.ReadWrite': 'Read and write mail in all mailboxes',
    'Calendars.ReadWrite': 'Read and write calendars in all mailboxes',
    'Contacts.ReadWrite': 'Read and write contacts in all mailboxes',
    'User.Read.All': "Read all users' full profiles",
  },
}

const OUTLOOK: Resource = {
  name: 'outlook',
  uri: 'https://outlook.office.com',
  aliases: ['https://outlook.office365.com', '00000002-0000-0ff1-ce00-000000000000'],
  audience: 'https://outlook.office.com',
  appAudience: 'https://outlook.office365.com',
  scopes: {
    'IMAP.AccessAsUser.All': 'Read and write your mail through IMAP',
    'POP.AccessAsUser.All': 'Read and write your mail through POP',
    'SMTP.Send': 'Send mail as you through SMTP',
  },
  roles: {
    'IMAP.AccessAsApp': 'Access mailboxes through IMAP',
    'POP.AccessAsApp': 'Access mailboxes through POP',
    'SMTP.SendAsApp': 'Send mail as any user through SMTP',
  },
}

/** A scope without a resource is Graph's. */
export const DEFAULT_RESOURCE = GRAPH

function azure(uri: string): Resource {
  return { name: uri, uri, aliases: [], audience: uri, appAudience: uri, scopes: {}, roles: {} }
}

const builtIn = [GRAPH, OUTLOOK, azure('https://vault.azure.net'), azure('https://storage.azure.com')]

/** Microsoft's APIs, and those that registrations expose. */
export function resources(context: EntraContext): Resource[] {
  const registered = Object.values(context.state.value.registrations)
    .filter((registration) => registration.identifierUri)
    .map((registration) => ({
      ...azure(registration.identifierUri!),
      aliases: [registration.clientId],
      roles: Object.fromEntries((registration.appRoles ?? []).map((role) => [role, `${registration.displayName}: ${role}`])),
    }))
  return [...builtIn, ...registered]
}
