import { getCACertificates, setDefaultCACertificates } from 'node:tls'

import type { TokenCredential } from '@azure/identity'
import type { RestError } from '@azure/keyvault-secrets'
import { expect } from 'vitest'

import { openCertificates } from '../../../sandbox/certificates.ts'
import { Faults } from '../../../sandbox/faults.ts'
import { Journal } from '../../../sandbox/journal.ts'
import { MANAGED_IDENTITY } from '../../../sandbox/people.ts'
import { startVault, type VaultOptions } from '../../../sandbox/vault/start.ts'

const { tenantId, principalId } = MANAGED_IDENTITY
export const AUTHORITY = `https://localhost:1/${tenantId}`

/** Who may do what in these tests; a token is `{tid}/{oid}`. */
export const callers = { gateway: principalId, officer: 'the-officer', reader: 'the-secrets-user', stranger: 'a-stranger' }
const access = {
  [callers.gateway]: { crypto: true, secretsRead: true, certificatesRead: true },
  [callers.officer]: { officer: true },
  [callers.reader]: { secretsRead: true },
}

export const tokenOf = (oid: string, tid = tenantId) => `${tid}/${oid}`

export function credentialOf(oid: string): TokenCredential {
  return { getToken: async () => ({ token: tokenOf(oid), expiresOnTimestamp: Date.now() + 3_600_000 }) }
}

/** For the Key Vault clients: the stand-in's host is not below vault.azure.net; no pauses between polls. */
export const clientOptions = { disableChallengeResourceVerification: true }
export const polling = { intervalInMs: 1 }

// One authority a process: several of the same name would be mistaken for each other.
const { ca, server } = await openCertificates()
setDefaultCACertificates([...getCACertificates('default'), ca])

export async function openVault(more: Partial<VaultOptions> = {}) {
  const journal = new Journal()
  const faults = new Faults()
  const verify = (token: string) => {
    const [tid, oid] = token.split('/')
    return tid && oid ? { tid, oid } : undefined
  }
  const vault = await startVault({ journal, faults, tls: server, authority: AUTHORITY, verify, access, ...more })
  return { vault, journal, faults, url: vault.url.origin }
}

/** Status and codes of the refusal that is expected. */
export async function refusal(work: Promise<unknown>) {
  const error = await work.then(
    () => expect.fail('The request was accepted.'),
    (error: RestError) => error,
  )
  const details = error.details as { error?: { innererror?: { code?: string }; innerError?: { code?: string } } } | undefined
  const inner = details?.error?.innererror ?? details?.error?.innerError
  return { status: error.statusCode, code: error.code, inner: inner?.code }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
