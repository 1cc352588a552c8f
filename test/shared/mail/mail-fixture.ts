import { createGraph, type Graph } from '../../../shared/mail/graph-call.ts'
import type { Mailbox } from '../../../shared/mail/mailbox.ts'
import { type GraphFixture, startGraphFixture } from '../../sandbox/graph/graph-fixture.ts'

export const ADELE = 'adele@contoso.test'
export const BEN = 'ben@contoso.test'
export const SALES = 'sales@contoso.test'

export interface MailFixture extends GraphFixture {
  /** The product's own way to the stand-in; waits are cut short. */
  mail: Graph
}

/** The Graph stand-in over TLS, and the mail module talking to it. */
export async function startMailFixture(): Promise<MailFixture> {
  const fixture = await startGraphFixture()
  const mail = createGraph({
    endpoint: fixture.graph.url,
    fetch: globalThis.fetch,
    now: Date.now,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))),
    random: () => 0,
  })
  return { ...fixture, mail }
}

/** A mailbox opened with one of the stand-in's opaque tokens. */
export function mailboxOf(token: string, more: Partial<Mailbox> = {}): Mailbox {
  return {
    accountId: `acc_${token}`,
    key: token,
    path: '/me',
    permissions: new Set(['send', 'read', 'organize', 'shared']),
    accessToken: async () => token,
    ...more,
  }
}

/** The token after the first, for claims challenges: each demanded claim hands out the next one. */
export function rotatingToken(...tokens: string[]) {
  const asked: (string | undefined)[] = []
  return {
    asked,
    accessToken: async (claims?: string) => {
      asked.push(claims)
      return tokens[Math.min(asked.filter((one) => one !== undefined).length, tokens.length - 1)] as string
    },
  }
}
