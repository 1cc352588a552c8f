import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { resolveFolder } from '../../../shared/mail/folder-reference.ts'
import { type Folder, listFolders } from '../../../shared/mail/folders.ts'
import { ADELE, type MailFixture, mailboxOf, startMailFixture } from './mail-fixture.ts'

let fixture: MailFixture
const ids: Record<string, string> = {}

async function create(path: string, name: string): Promise<string> {
  const response = await fixture.call('adele', 'POST', path, { displayName: name })
  expect(response.status).toBe(201)
  return ((await response.json()) as { id: string }).id
}

beforeAll(async () => {
  fixture = await startMailFixture()
  ids.invoices = await create('/me/mailFolders/inbox/childFolders', 'Invoices')
  ids.year = await create(`/me/mailFolders/${ids.invoices}/childFolders`, '2026')
  ids.slash = await create('/me/mailFolders', 'R/D & 50%')
  ids.literal = await create('/me/mailFolders', 'A%2FB')
  ids.deep = await create(`/me/mailFolders/${ids.slash}/childFolders`, 'Übersicht')
  for (let index = 0; index < 12; index += 1) await create(`/me/mailFolders/${ids.year}/childFolders`, `Week ${index}`)
  fixture.graph.seedMessages(ADELE, 3, { start: '2026-03-01T08:00:00Z', spacing: 1000 })
})
afterAll(() => fixture.close())
beforeEach(() => {
  fixture.faults.clear()
  fixture.journal.clear()
})

const adele = mailboxOf('adele')
const flatten = (folders: Folder[]): Folder[] => folders.flatMap((folder) => [folder, ...flatten(folder.children)])

describe('the folder tree', () => {
  it('has every level, with counts, parents, paths and the well-known names', async () => {
    const tree = await listFolders(fixture.mail, adele)
    const inbox = tree.find(({ wellKnownName }) => wellKnownName === 'inbox')
    expect(inbox).toMatchObject({ name: 'Inbox', path: 'Inbox', parent: null, total: 3, unread: 3 })
    const invoices = inbox?.children.find(({ id }) => id === ids.invoices)
    expect(invoices).toMatchObject({ name: 'Invoices', path: 'Inbox/Invoices', parent: inbox?.id, total: 0 })
    expect(invoices?.wellKnownName).toBeUndefined()
    expect(invoices?.children[0]?.children).toHaveLength(12)
    expect(
      flatten(tree)
        .map(({ wellKnownName }) => wellKnownName)
        .filter(Boolean)
        .toSorted(),
    ).toEqual(['archive', 'deleteditems', 'drafts', 'inbox', 'junkemail', 'outbox', 'sentitems'])
    expect(flatten(tree).find(({ id }) => id === ids.slash)?.path).toBe('R%2FD & 50%')
    expect(flatten(tree).find(({ id }) => id === ids.literal)?.path).toBe('A%252FB')
  })

  it('names paths that lead back to the same folder', async () => {
    for (const folder of flatten(await listFolders(fixture.mail, adele))) {
      const found = await resolveFolder(fixture.mail, adele, folder.path)
      // A folder that Graph knows by name may be answered by it.
      expect([folder.id, folder.wellKnownName]).toContain(found)
    }
  })

  it('leaves out a well-known folder that this mailbox does not have', async () => {
    fixture.faults.add({
      service: 'graph',
      match: { path: '/mailFolders/archive$' },
      answer: { status: 404, body: JSON.stringify({ error: { code: 'ErrorFolderNotFound', message: 'None.' } }) },
    })
    const names = flatten(await listFolders(fixture.mail, adele)).map(({ wellKnownName }) => wellKnownName)
    expect(names).toContain('inbox')
    expect(names).not.toContain('archive')
  })

  it('never has more than four requests in flight', async () => {
    await Promise.all([1, 2, 3].map(() => listFolders(fixture.mail, adele)))
    expect(Math.max(...fixture.journal.list('graph').map(({ facts }) => Number(facts.inFlight)))).toBeLessThanOrEqual(4)
  })

  it('needs the permission to read', async () => {
    const sender = mailboxOf('adele', { permissions: new Set(['send']) })
    await expect(listFolders(fixture.mail, sender)).rejects.toMatchObject({ code: 'permission_missing' })
  })
})

describe('a folder reference', () => {
  it.each([
    ['inbox', 'inbox'],
    ['INBOX', 'inbox'],
    ['sentitems', 'sentitems'],
  ])('%s is a well-known name and costs no request', async (reference, expected) => {
    expect(await resolveFolder(fixture.mail, adele, reference)).toBe(expected)
    expect(fixture.journal.list('graph')).toHaveLength(0)
  })

  it('that is an id is taken as it is', async () => {
    expect(await resolveFolder(fixture.mail, adele, ids.year as string)).toBe(ids.year)
    expect(fixture.journal.list('graph')).toHaveLength(0)
  })

  it.each([
    ['Inbox/Invoices/2026', 'year'],
    ['inbox/invoices', 'invoices'],
    ['R%2FD & 50%', 'slash'],
    ['r%2fd & 50%/übersicht', 'deep'],
    ['A%252FB', 'literal'],
  ])('%s is a path, compared without case', async (reference, name) => {
    expect(await resolveFolder(fixture.mail, adele, reference)).toBe(ids[name])
  })

  it('finds folders that Unicode spells differently', async () => {
    expect(await resolveFolder(fixture.mail, adele, 'R%2FD & 50%/U\u0308bersicht')).toBe(ids.deep)
  })

  it('to nowhere says which segment does not exist, and repeats no name', async () => {
    const error = await resolveFolder(fixture.mail, adele, 'Inbox/Invoices/Secret plans/2026').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'not_found', details: { extra: { segment: 3 } } })
    expect(String(error)).not.toContain('Secret')
  })

  it.each(['', '/', 'Inbox/', '/Inbox', 'Inbox//2026', 'A/B', '..', '../users'])('%j names no folder', async (reference) => {
    await expect(resolveFolder(fixture.mail, adele, reference)).rejects.toMatchObject({ code: 'not_found' })
  })
})
