import { AppError, problemOf } from '../errors.ts'
import { randomToken } from '../ids.ts'
import { STALE } from './account-store.ts'
import type { Grant } from './accounts.ts'
import { type Connection, type ConnectionRecord, type ConnectionStore, statusOf } from './connection.ts'
import { hashOf, sameHash } from './hashes.ts'
import { type KeyRing, keyScope, type SealFor } from './key-ring.ts'

export interface ConfirmationDependencies {
  store: ConnectionStore
  keyRing: KeyRing
  now(): number
}

const CONFIRM_LIFE_MS = 10 * 60_000

/** Holds a finished sign-in back until the application has shown that its own user came back with the proof. */
export function createConfirmation({ store, keyRing, now }: ConfirmationDependencies) {
  /** The tokens wait on the connection, not on the account: an account that exists already is not touched before the proof. */
  async function holdForProof(record: ConnectionRecord, grant: Grant): Promise<{ connection: Connection; proof: string }> {
    const proof = randomToken()
    const { redeemingUntil: _lease, problem: _problem, ...rest } = record.connection
    const connection: Connection = {
      ...rest,
      status: 'confirming',
      proofHash: hashOf(proof),
      confirmBy: new Date(now() + CONFIRM_LIFE_MS).toISOString(),
    }
    const scope = keyScope(grant.identity.tenantId, grant.identity.userId)
    const { keyId, sealed } = await keyRing.seal(grantSeal(connection, scope), Buffer.from(JSON.stringify(grant)))
    await store.noteExpiry(connection.id, connection.confirmBy as string)
    await store.update(record, connection, { keyId: `${scope}/${keyId}`, sealed })
    return { connection, proof }
  }

  /** The grant that the proof sets free. A wrong or late proof ends the connection and destroys the tokens. */
  async function release(record: ConnectionRecord, proof: string): Promise<Grant> {
    const { connection, grant } = record
    const status = statusOf(connection, now())
    if (status !== 'confirming' || !grant || !connection.proofHash) {
      if (status === 'expired' && grant) await store.update(record, { ...connection, status: 'failed' })
      throw new AppError('conflict', `This connection is ${status}; only one that is confirming takes a proof.`)
    }
    if (!sameHash(hashOf(proof), connection.proofHash)) {
      const error = new AppError('invalid_request', 'The proof does not belong to this connection; the connection has ended.', {
        errors: [{ pointer: '/proof', message: 'is not the proof that the return URL carried' }],
      })
      await store.update(record, { ...connection, status: 'failed', problem: problemOf(error) })
      throw error
    }
    const [scope, keyId] = grant.keyId.split('/') as [string, string]
    const opened = await keyRing.open(grantSeal(connection, scope), { keyId, sealed: grant.sealed })
    return JSON.parse(opened.toString()) as Grant
  }

  /** Destroys the tokens of sign-ins that nobody proved in time; answers how many. */
  async function destroyUnproven(): Promise<number> {
    const due = await store.expired(new Date(now()).toISOString())
    for (const { id, on } of due) {
      const record = await store.read(id)
      if (record?.grant && statusOf(record.connection, now()) === 'expired') {
        const written = await store.update(record, { ...record.connection, status: 'failed', problem: problemOf(unproven()) })
        if (written === STALE) continue
      }
      await store.forgetExpiry(id, on)
    }
    return due.length
  }

  return { holdForProof, release, destroyUnproven }
}

function grantSeal({ provider, id }: Connection, scope: string): SealFor {
  return { scope, provider, id, field: 'grant', generation: 1 }
}

function unproven(): AppError {
  return new AppError('conflict', 'The application did not show the proof in time; the sign-in was discarded.', {
    reason: 'not_confirmed',
  })
}
