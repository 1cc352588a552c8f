import type { Faults } from '../faults.ts'
import type { Person, Tenant } from '../people.ts'
import type { StandInOptions, StandInRequest } from '../stand-in.ts'
import type { Concurrency } from './concurrency.ts'
import type { UploadSessions } from './operations/upload-sessions.ts'
import type { Preferences } from './preferences.ts'
import type { Mailbox } from './store/mailbox.ts'
import type { Store } from './store/store.ts'

/** What an access token says, as the identity stand-in vouches for it. Without scopes it is an app-only token. */
export interface GraphToken {
  aud: string
  tid: string
  oid: string
  appid: string
  upn: string
  scp: string[]
  roles: string[]
  /** The client declared that it handles claims challenges; only then is a revoked token challenged before it expires. */
  cp1: boolean
  revoked?: boolean
}

export interface GraphOptions extends StandInOptions {
  folder?: string
  /** Answers nothing for a token that is expired, foreign or for another audience. */
  verify(token: string, audience: string): GraphToken | undefined
  people: Person[]
  tenants: Tenant[]
}

/** What a test or the admin API may change while the service runs. */
export interface GraphSettings {
  /** How late a sent message shows in Sent Items; shared clock. */
  sentCopyDelayMs: number
  /** A message's attachments, Base64 as sent; Exchange Online's default is 35 MB. */
  messageSizeLimit: number
  /** Mailboxes an application is confined to (application access policy), by application id; lower-cased addresses. */
  applicationMailboxes: Map<string, Set<string>>
}

export interface GraphService {
  people: Person[]
  tenants: Tenant[]
  verify: GraphOptions['verify']
  faults: Faults
  store: Store
  settings: GraphSettings
  concurrency: Concurrency
  uploads: UploadSessions
}

/** One request for one mailbox, after token, mailbox and permission were found good. */
export interface GraphCall {
  service: GraphService
  request: StandInRequest
  token: GraphToken
  mailbox: Mailbox
  /** The decoded `{name}` parts of the route. */
  params: Record<string, string>
  preferences: Preferences
}

export type GraphHandler = (call: GraphCall) => Promise<Response> | Response
