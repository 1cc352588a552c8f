import { randomUUID } from 'node:crypto'

import type { User } from '@microsoft/microsoft-graph-types'

import { readJson } from './graph-answer.ts'
import type { Graph } from './graph-call.ts'

/** Who signed in, as Graph knows the person. */
export interface Profile {
  id: string
  displayName?: string
  /** The mailbox's address; a person without a mailbox has none. */
  mail?: string
  userPrincipalName: string
}

/** Reads the profile with a token just issued, before there is an account. Needs User.Read. */
export async function readProfile(graph: Graph, accessToken: string): Promise<Profile> {
  const mailbox = {
    accountId: '',
    // Nobody else's calls count with this one.
    key: `profile:${randomUUID()}`,
    path: '/me',
    permissions: new Set<string>(),
    accessToken: async () => accessToken,
  }
  const query = { $select: 'id,displayName,mail,userPrincipalName' }
  const user = await readJson<User>(await graph.call(mailbox, { method: 'GET', path: '', query, success: 200 }))
  return {
    id: user.id ?? '',
    displayName: user.displayName ?? undefined,
    mail: user.mail ?? undefined,
    userPrincipalName: user.userPrincipalName ?? '',
  }
}
