import { randomBytes } from 'node:crypto'

import { badParameter, vaultError } from './errors.ts'

export interface Version<T> {
  id: string
  enabled: boolean
  /** Unix seconds, as all times here. */
  created: number
  updated: number
  exp?: number
  nbf?: number
  tags?: Record<string, string>
  /** Made with a certificate and changed through it only. */
  managed?: boolean
  data: T
}

/** One secret, key or certificate: its versions, oldest first, and when it was deleted (it can be recovered until purged). */
export interface VaultObject<T> {
  name: string
  versions: Version<T>[]
  deletedDate?: number
}

export interface VersionChanges {
  enabled?: boolean
  exp?: number
  nbf?: number
  tags?: Record<string, string>
}

export type ObjectNoun = 'Secret' | 'Key' | 'Certificate'

const NAME = /^[0-9a-zA-Z-]{1,127}$/

/** Key Vault's clock: whole seconds of the shared time. */
export const nowSeconds = () => Math.floor(Date.now() / 1000)

/** Named, versioned, softly deleted objects of one kind. Refusals are thrown in Key Vault's shape. */
export class ObjectStore<T> {
  readonly kind: ObjectNoun
  readonly #objects: Record<string, VaultObject<T>>
  readonly #changed: () => void

  constructor(kind: ObjectNoun, objects: Record<string, VaultObject<T>>, changed: () => void) {
    this.kind = kind
    this.#objects = objects
    this.#changed = changed
  }

  /** Active objects, or the deleted ones, by name. */
  list(deleted = false): VaultObject<T>[] {
    return Object.values(this.#objects)
      .filter((object) => (object.deletedDate !== undefined) === deleted)
      .sort((left, right) => (left.name < right.name ? -1 : 1))
  }

  get(name: string, deleted = false): VaultObject<T> {
    const object = this.#find(name)
    if (!object || (object.deletedDate !== undefined) !== deleted) throw this.#notFound(name)
    return object
  }

  /** The named version, or the newest. */
  version(name: string, id?: string): Version<T> {
    const { versions } = this.get(name)
    const version = id ? versions.find((version) => version.id === id) : versions.at(-1)
    if (!version) throw this.#notFound(`${name}/${id}`)
    return version
  }

  /** The version id a request will meet, when there is one. */
  peek(name: string, id?: string): string | undefined {
    return id || this.#find(name)?.versions.at(-1)?.id
  }

  /**
   * Refuses a name that is malformed, waits in soft delete or is used otherwise (`managed`: by a certificate); to be asked before work is
   * spent on the new version.
   */
  assertFree(name: string, managed = false): void {
    if (!NAME.test(name)) throw badParameter('The name must be 1 to 127 letters, digits and hyphens.')
    const object = this.#find(name)
    if (object && (object.versions.at(-1)?.managed ?? false) !== managed) {
      throw vaultError(409, 'Conflict', `A ${this.kind} named ${name} exists ${managed ? 'without' : 'through'} a certificate.`)
    }
    if (object?.deletedDate === undefined) return
    const message = `${this.kind} ${name} is deleted but recoverable: recover or purge it before the name is used again.`
    throw vaultError(409, 'Conflict', message, 'ObjectIsDeletedButRecoverable')
  }

  /** A new version; one that is part of a certificate has the certificate's version id. */
  add(name: string, data: T, changes: VersionChanges = {}, certificateVersion?: string): Version<T> {
    this.assertFree(name, certificateVersion !== undefined)
    const created = nowSeconds()
    const id = certificateVersion ?? randomBytes(16).toString('hex')
    const managed = certificateVersion === undefined ? undefined : true
    const version = { id, enabled: true, created, updated: created, managed, data, ...defined(changes) }
    const key = name.toLowerCase()
    const object = this.#find(name)
    if (object) object.versions.push(version)
    else this.#objects[key] = { name, versions: [version] }
    this.#changed()
    return version
  }

  update(version: Version<T>, changes: VersionChanges): void {
    Object.assign(version, defined(changes), { updated: nowSeconds() })
    this.#changed()
  }

  delete(name: string): VaultObject<T> {
    const object = this.get(name)
    object.deletedDate = nowSeconds()
    this.#changed()
    return object
  }

  recover(name: string): VaultObject<T> {
    const object = this.get(name, true)
    delete object.deletedDate
    this.#changed()
    return object
  }

  purge(name: string): void {
    this.get(name, true)
    delete this.#objects[name.toLowerCase()]
    this.#changed()
  }

  #find(name: string): VaultObject<T> | undefined {
    const key = name.toLowerCase()
    return Object.hasOwn(this.#objects, key) ? this.#objects[key] : undefined
  }

  #notFound(name: string): Response {
    const message = `A ${this.kind.toLowerCase()} with (name/id) ${name} was not found in this key vault.`
    return vaultError(404, `${this.kind}NotFound`, message)
  }
}

function defined(changes: VersionChanges): VersionChanges {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}
