import type { Person } from '../../people.ts'
import { openState } from '../../state.ts'
import { type Blobs, openBlobs } from './blobs.ts'
import { newFolderId } from './ids.ts'
import { Mailbox } from './mailbox.ts'
import { ROOT, type StoredFolder, type StoredMailbox, WELL_KNOWN_FOLDERS, type WellKnownName } from './model.ts'

/** All mailboxes, kept in `graph.json` of the sandbox's folder, attachments' bytes beside it. */
export interface Store {
  blobs: Blobs
  /** By oid, user principal name or address (without case), in any tenant. */
  mailbox(idOrAddress: string): Mailbox | undefined
  flush(): void
}

export function openStore(folder: string | undefined, people: Person[]): Store {
  const state = openState<Record<string, StoredMailbox>>(folder, 'graph', () => ({}))
  const byName = new Map<string, Mailbox>()
  for (const person of people) {
    state.value[person.oid] ??= newMailbox()
    const mailbox = new Mailbox(person, state.value[person.oid] as StoredMailbox, state.changed)
    for (const name of [person.oid, person.userPrincipalName, person.mail]) byName.set(name.toLowerCase(), mailbox)
  }
  return {
    blobs: openBlobs(folder),
    mailbox: (idOrAddress) => byName.get(idOrAddress.toLowerCase()),
    flush: state.flush,
  }
}

function newMailbox(): StoredMailbox {
  const root: StoredFolder = { id: newFolderId(), parentId: '', displayName: 'Top of Information Store', wellKnownName: ROOT }
  const folders = Object.entries(WELL_KNOWN_FOLDERS).map(
    ([name, displayName]): StoredFolder => ({
      id: newFolderId(),
      parentId: root.id,
      displayName,
      wellKnownName: name as WellKnownName,
    }),
  )
  return { folders: [root, ...folders], messages: [], pending: [] }
}
