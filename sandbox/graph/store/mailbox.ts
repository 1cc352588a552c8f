import type { Person } from '../../people.ts'
import { newItemId } from './ids.ts'
import { ROOT, type StoredFolder, type StoredMailbox, type StoredMessage, toSeconds } from './model.ts'

export interface FolderCounts {
  total: number
  unread: number
  children: number
}

/** One mailbox: its folders, its messages, and the ids they go by. Pure data; permission is the dispatcher's matter. */
export class Mailbox {
  readonly owner: Person
  readonly #data: StoredMailbox
  readonly #changed: () => void
  readonly #messages = new Map<string, StoredMessage>()
  readonly #sorted = new Map<string, StoredMessage[]>()

  constructor(owner: Person, data: StoredMailbox, changed: () => void) {
    this.owner = owner
    this.#data = data
    this.#changed = changed
    for (const message of data.messages) this.#index(message)
  }

  get folders(): readonly StoredFolder[] {
    return this.#data.folders
  }

  /** By id or well-known name, which Graph compares without case. */
  folder(idOrName: string): StoredFolder | undefined {
    const name = idOrName.toLowerCase()
    return this.#data.folders.find((folder) => folder.id === idOrName || folder.wellKnownName === name)
  }

  /** The folder of a name that always exists. */
  wellKnown(name: NonNullable<StoredFolder['wellKnownName']>): StoredFolder {
    const folder = this.folder(name)
    if (!folder) throw new Error(`The mailbox has no folder ${name}.`)
    return folder
  }

  children(parentId: string): StoredFolder[] {
    return this.#data.folders.filter((folder) => folder.parentId === parentId && folder.wellKnownName !== ROOT)
  }

  addFolder(folder: StoredFolder): void {
    this.#data.folders.push(folder)
    this.changed()
  }

  /** Removes a folder with everything in it. */
  removeFolder(folder: StoredFolder): void {
    for (const child of this.children(folder.id)) this.removeFolder(child)
    for (const message of this.#data.messages.filter((message) => message.folderId === folder.id)) this.removeMessage(message)
    this.#data.folders.splice(this.#data.folders.indexOf(folder), 1)
    this.changed()
  }

  counts(folder: StoredFolder): FolderCounts {
    const messages = this.#data.messages.filter((message) => message.folderId === folder.id && !message.hidden)
    return {
      total: messages.length,
      unread: messages.filter((message) => !message.isRead).length,
      children: this.children(folder.id).length,
    }
  }

  /** By either kind of id. */
  message(id: string): StoredMessage | undefined {
    const message = this.#messages.get(id)
    return message?.hidden ? undefined : message
  }

  /** The message of a folder (all folders without one) in the order they arrived, the last one first. */
  messages(folderId?: string): StoredMessage[] {
    const key = folderId ?? ''
    let sorted = this.#sorted.get(key)
    if (!sorted) {
      sorted = this.#data.messages
        .filter((message) => !message.hidden && (folderId === undefined || message.folderId === folderId))
        .reverse()
        .sort((a, b) => (a.receivedDateTime < b.receivedDateTime ? 1 : a.receivedDateTime > b.receivedDateTime ? -1 : 0))
      this.#sorted.set(key, sorted)
    }
    return sorted
  }

  addMessage(message: StoredMessage): StoredMessage {
    this.#data.messages.push(message)
    this.#index(message)
    this.changed()
    return message
  }

  removeMessage(message: StoredMessage): void {
    this.#data.messages.splice(this.#data.messages.indexOf(message), 1)
    this.#messages.delete(message.id)
    this.#messages.delete(message.immutableId)
    this.changed()
  }

  /** Marks a message as changed: a new change key, so that an older ETag no longer matches. */
  touch(message: StoredMessage): void {
    message.changeKey += 1
    message.lastModifiedDateTime = toSeconds(Date.now())
    this.changed()
  }

  /** Puts a message into another folder under a new id; its immutable id stays. */
  moveMessage(message: StoredMessage, folderId: string): void {
    this.#messages.delete(message.id)
    message.id = newItemId()
    message.folderId = folderId
    this.#index(message)
    this.touch(message)
  }

  /** Accepted for sending: it leaves its place and turns up in Sent Items when the shared clock says so. */
  sendLater(message: StoredMessage, leavesOn: number, appearsOn: number): void {
    // Sent again while it is on its way: the mail goes out twice, the item is one.
    if (this.#data.pending.some((pending) => pending.immutableId === message.immutableId)) return
    this.#data.pending.push({ immutableId: message.immutableId, leavesOn, appearsOn })
    this.settle()
  }

  /** Brings what was sent to where it is by now. */
  settle(): void {
    const now = Date.now()
    this.#data.pending = this.#data.pending.filter((pending) => {
      const message = this.#messages.get(pending.immutableId)
      if (!message) return false
      if (now >= pending.appearsOn) this.#appear(message)
      else if (now >= pending.leavesOn && !message.hidden) {
        message.hidden = true
        this.changed()
      }
      return now < pending.appearsOn
    })
  }

  changed(): void {
    this.#sorted.clear()
    this.#changed()
  }

  #appear(message: StoredMessage): void {
    message.hidden = false
    message.isDraft = false
    message.isRead = true
    this.moveMessage(message, this.wellKnown('sentitems').id)
  }

  #index(message: StoredMessage): void {
    this.#messages.set(message.id, message)
    this.#messages.set(message.immutableId, message)
  }
}
