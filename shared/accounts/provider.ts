import type { CloudName } from '../oauth/clouds.ts'
import type { MailboxPermission } from '../oauth/permissions.ts'

/** How a provider proves itself to Entra. The names are those of a secret or certificate in the vault. */
export type Credential = { kind: 'secret' | 'certificate'; vaultName: string } | { kind: 'managedIdentity' }

/** One Entra app registration the gateway may use. */
export interface Provider {
  name: string
  cloud: CloudName
  /** `organizations`, `common`, `consumers`, or one tenant's id or domain. */
  audience: string
  clientId: string
  credential: Credential
  /** What a connection asks for when it names nothing, and the most it may ask for. */
  permissions: MailboxPermission[]
  responseMode: 'query' | 'form_post'
  /** Compared literally. */
  returnUrls: string[]
}
