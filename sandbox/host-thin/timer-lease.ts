import type { BlobServiceClient, BlockBlobClient } from '@azure/storage-blob'

const CONTAINER = 'azure-webjobs-hosts'
const LEASE_SECONDS = 60

/** Of several hosts on one storage, one runs a timer: the one that holds the lease of its blob. */
export class TimerLease {
  readonly #name: string
  readonly #storage: BlobServiceClient | undefined
  #blob: BlockBlobClient | undefined
  #leaseId: string | undefined

  /** Without storage there is nobody to share with. */
  constructor(name: string, storage: BlobServiceClient | undefined) {
    this.#name = name
    this.#storage = storage
  }

  /**
   * Takes or keeps the lease and notes the occurrence; false when another host has the lease or has run this occurrence already.
   * A run on demand has no occurrence.
   */
  async claim(occurrence: number | undefined): Promise<boolean> {
    if (!this.#storage) return true
    const blob = await this.#open(this.#storage)
    if (!(await this.#hold(blob))) return false
    if (occurrence === undefined) return true
    const { metadata = {} } = await blob.getProperties()
    if (Number(metadata.last ?? 0) >= occurrence) return false
    await blob.setMetadata({ last: String(occurrence) }, { conditions: { leaseId: this.#leaseId } })
    return true
  }

  /** Lets other hosts have the timer at once. */
  async release(): Promise<void> {
    if (this.#blob && this.#leaseId)
      await this.#blob
        .getBlobLeaseClient(this.#leaseId)
        .releaseLease()
        .catch(() => undefined)
  }

  async #open(storage: BlobServiceClient): Promise<BlockBlobClient> {
    if (this.#blob) return this.#blob
    const container = storage.getContainerClient(CONTAINER)
    await container.createIfNotExists()
    const blob = container.getBlockBlobClient(`locks/${this.#name}.listener`)
    // Another host may have made it: then it must not be emptied.
    await blob.upload('', 0, { conditions: { ifNoneMatch: '*' } }).catch(ignoreConflict)
    this.#blob = blob
    return blob
  }

  async #hold(blob: BlockBlobClient): Promise<boolean> {
    const lease = blob.getBlobLeaseClient(this.#leaseId)
    const held = this.#leaseId
      ? await lease.renewLease().then(
          () => true,
          () => false,
        )
      : false
    if (held) return true
    const taken = blob.getBlobLeaseClient()
    try {
      await taken.acquireLease(LEASE_SECONDS)
    } catch (error) {
      ignoreConflict(error)
      this.#leaseId = undefined
      return false
    }
    this.#leaseId = taken.leaseId
    return true
  }
}

/** 409: a lease is held, or the blob exists; 412: it is leased. Anything else is a failure. */
function ignoreConflict(error: unknown): void {
  const { statusCode } = error as { statusCode?: number }
  if (statusCode !== 409 && statusCode !== 412) throw error
}
