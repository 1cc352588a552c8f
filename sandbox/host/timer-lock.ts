import { randomUUID } from 'node:crypto'

import type { BlobServiceClient, BlockBlobClient } from '@azure/storage-blob'

/** The real host's: short, so that another host takes over soon when one was killed. */
const LEASE_SECONDS = 15
const RENEW_MS = 7_000
const CONTAINER = 'azure-webjobs-hosts'

/**
 * Lets one of several hosts on one storage run a timer: a lease on a blob, kept until {@link TimerLock.release}. The blob's metadata
 * hold when the timer last fired, so that a host that takes over does not fire the same occurrence again.
 */
export class TimerLock {
  readonly #leaseId = randomUUID()
  readonly #service: BlobServiceClient
  readonly #name: string
  #blob: BlockBlobClient | undefined
  #renewal: NodeJS.Timeout | undefined

  /** @param name unique among the timers of all apps on this storage */
  constructor(service: BlobServiceClient, name: string) {
    this.#service = service
    this.#name = name
  }

  /** Takes or keeps the lease and answers when the timer last fired; `undefined` when another host has the lease. */
  async take(): Promise<{ last?: number } | undefined> {
    const blob = await this.#open()
    // With its own id, acquiring an active lease is renewing it.
    const taken = await orConflict(blob.getBlobLeaseClient(this.#leaseId).acquireLease(LEASE_SECONDS))
    if (!taken) return undefined
    this.#renewal ??= setInterval(() => void this.#renew(blob), RENEW_MS).unref()
    const { metadata } = await blob.getProperties()
    return { last: metadata?.last ? Date.parse(metadata.last) : undefined }
  }

  /** Writes down that the timer fires at this instant; false when the lease was lost meanwhile. */
  async note(last: number): Promise<boolean> {
    const blob = await this.#open()
    const metadata = { last: new Date(last).toISOString() }
    return (await orConflict(blob.setMetadata(metadata, { conditions: { leaseId: this.#leaseId } }))) !== undefined
  }

  async release(): Promise<void> {
    if (!this.#renewal) return
    this.#stopRenewal()
    await orConflict(this.#blob!.getBlobLeaseClient(this.#leaseId).releaseLease())
  }

  async #open(): Promise<BlockBlobClient> {
    if (this.#blob) return this.#blob
    const container = this.#service.getContainerClient(CONTAINER)
    await container.createIfNotExists()
    const blob = container.getBlockBlobClient(`locks/${this.#name}.Listener`)
    await orConflict(blob.upload('', 0, { conditions: { ifNoneMatch: '*' } }))
    this.#blob = blob
    return blob
  }

  async #renew(blob: BlockBlobClient): Promise<void> {
    await blob
      .getBlobLeaseClient(this.#leaseId)
      .renewLease()
      // The next firing takes it again, or learns who has it.
      .catch(() => this.#stopRenewal())
  }

  #stopRenewal(): void {
    clearInterval(this.#renewal)
    this.#renewal = undefined
  }
}

/** `undefined` when the lease or the blob belongs to somebody else; other errors stay errors. */
async function orConflict<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    const { statusCode } = error as { statusCode?: number }
    if (statusCode === 409 || statusCode === 412) return undefined
    throw error
  }
}
