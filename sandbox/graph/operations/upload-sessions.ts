import { randomBytes, randomUUID } from 'node:crypto'

import type { Mailbox } from '../store/mailbox.ts'
import type { StoredMessage } from '../store/model.ts'

const LIFE_MS = 60 * 60 * 1000

/** One file on its way to a draft, in parts that come in order. */
export interface UploadSession {
  id: string
  /** Whoever has the URL with it may write: it stands in for a token. */
  secret: string
  appId: string
  mailbox: Mailbox
  message: StoredMessage
  file: { name: string; size: number; contentType?: string | null; isInline?: boolean | null; contentId?: string | null }
  parts: Buffer[]
  received: number
  expiresOn: number
}

/** The open upload sessions. They live in memory: like Exchange's, they do not outlast the service for long. */
export class UploadSessions {
  readonly #sessions = new Map<string, UploadSession>()

  open(start: Pick<UploadSession, 'appId' | 'mailbox' | 'message' | 'file'>): UploadSession {
    const session: UploadSession = {
      ...start,
      id: randomUUID(),
      secret: randomBytes(32).toString('base64url'),
      parts: [],
      received: 0,
      expiresOn: Date.now() + LIFE_MS,
    }
    this.#sessions.set(session.id, session)
    return session
  }

  /** The session of an upload URL while it lives and its draft exists. */
  find(id: string, secret: string | null): UploadSession | undefined {
    const session = this.#sessions.get(id)
    if (!session || session.secret !== secret || !session.mailbox.message(session.message.immutableId)) return undefined
    if (Date.now() < session.expiresOn) return session
    this.close(session)
    return undefined
  }

  /** Each part that arrives keeps the session alive. */
  add(session: UploadSession, part: Buffer): void {
    session.parts.push(part)
    session.received += part.length
    session.expiresOn = Date.now() + LIFE_MS
  }

  close(session: UploadSession): void {
    this.#sessions.delete(session.id)
  }
}
