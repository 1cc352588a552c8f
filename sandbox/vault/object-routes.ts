import { json } from '../stand-in.ts'
import type { Role } from './access.ts'
import { forbidden } from './errors.ts'
import type { Call, Route, Vault } from './routes.ts'
import type { ObjectNoun, ObjectStore, VaultObject, Version } from './store.ts'
import { deletionOf, page } from './wire.ts'

/** One kind of object as the routes that all kinds share see it. */
export interface ObjectKind<T> {
  noun: ObjectNoun
  /** The path's word. */
  collection: 'secrets' | 'keys' | 'certificates'
  readRole: Role
  /** The data action of reading what is not the value. */
  readAction: string
  store(vault: Vault): ObjectStore<T>
  /** What exists through these objects, and goes and comes back with them. */
  parts?(vault: Vault): ObjectStore<unknown>[]
  /** An entry of a list; its id is `url` and, in a list of versions, the version. */
  item(url: string, version: Version<T>): object
  /** What deletion and recovery answer about the newest version. */
  summary(url: string, version: Version<T>): object
}

export const newest = <T>(object: VaultObject<T>) => object.versions.at(-1) as Version<T>

/** Lists, deletion and soft-deleted objects: the same for every kind. */
export function objectRoutes<T>(kind: ObjectKind<T>): Route[] {
  const { noun, collection, readRole: role, readAction: action } = kind
  const active = (vault: Vault, object: VaultObject<T>) => `${vault.url}/${collection}/${object.name}`
  const summary = (vault: Vault, object: VaultObject<T>) => {
    const version = newest(object)
    return kind.summary(`${active(vault, object)}/${version.id}`, version)
  }
  const deleted = (vault: Vault, object: VaultObject<T>, body: object) => {
    return { ...body, ...deletionOf(object, `${vault.url}/deleted${collection}/${object.name}`) }
  }

  const list = (vault: Vault, { url }: Call) => {
    const items = kind.store(vault).list()
    const entries = items.map((object) => kind.item(active(vault, object), newest(object)))
    return page(entries, url)
  }
  const listVersions = (vault: Vault, { name, url }: Call) => {
    const object = kind.store(vault).get(name)
    const entries = object.versions.map((version) => kind.item(`${active(vault, object)}/${version.id}`, version))
    return page(entries, url)
  }
  /** What is part of a certificate lives and goes with it. */
  const independent = (vault: Vault, name: string, inTrash: boolean) => {
    if (newest(kind.store(vault).get(name, inTrash)).managed) {
      throw forbidden(
        `The ${collection.slice(0, -1)} is part of a certificate and changed through it.`,
        `${noun}ManagedByCertificate`,
      )
    }
    return [kind.store(vault), ...(kind.parts?.(vault) ?? [])]
  }

  const remove = (vault: Vault, { name }: Call) => {
    for (const store of independent(vault, name, false)) store.delete(name)
    const object = kind.store(vault).get(name, true)
    return json(200, deleted(vault, object, summary(vault, object)))
  }
  const listDeleted = (vault: Vault, { url }: Call) => {
    const items = kind.store(vault).list(true)
    const entries = items.map((object) => deleted(vault, object, kind.item(active(vault, object), newest(object))))
    return page(entries, url)
  }
  const getDeleted = (vault: Vault, { name }: Call) => {
    const object = kind.store(vault).get(name, true)
    return json(200, deleted(vault, object, summary(vault, object)))
  }
  const recover = (vault: Vault, { name }: Call) => {
    for (const store of independent(vault, name, true)) store.recover(name)
    return json(200, summary(vault, kind.store(vault).get(name)))
  }
  const purge = (vault: Vault, { name }: Call) => {
    for (const store of independent(vault, name, true)) store.purge(name)
    return new Response(null, { status: 204 })
  }

  const read = { method: 'GET', role, action }
  const change = (verb: string) => ({ role: 'officer' as const, action: `${collection}/${verb}` })
  const inTrash = `/deleted${collection}`
  return [
    { ...read, path: `/${collection}`, operation: `list${noun}s`, handle: list },
    { ...read, path: `/${collection}/{name}/versions`, operation: `list${noun}Versions`, handle: listVersions },
    { ...change('delete'), method: 'DELETE', path: `/${collection}/{name}`, operation: `delete${noun}`, handle: remove },
    { ...read, path: inTrash, operation: `listDeleted${noun}s`, handle: listDeleted },
    { ...read, path: `${inTrash}/{name}`, operation: `getDeleted${noun}`, handle: getDeleted },
    {
      ...change('recover/action'),
      method: 'POST',
      path: `${inTrash}/{name}/recover`,
      operation: `recoverDeleted${noun}`,
      handle: recover,
    },
    { ...change('purge/action'), method: 'DELETE', path: `${inTrash}/{name}`, operation: `purgeDeleted${noun}`, handle: purge },
  ]
}
