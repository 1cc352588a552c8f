import type { BlobServiceClient } from '@azure/storage-blob'
import type { QueueServiceClient } from '@azure/storage-queue'

/**
 * The storage account behind a connection name: a connection string in the setting of that name, or `{name}__queueServiceUri` and
 * `{name}__blobServiceUri` with the managed identity, `{name}__clientId` naming a user-assigned one. The SDKs are loaded when
 * asked for: an app with HTTP functions only starts without them.
 * https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
 */
export class StorageConnection {
  readonly #name: string
  readonly #env: NodeJS.ProcessEnv

  constructor(name: string, env: NodeJS.ProcessEnv) {
    this.#name = name
    this.#env = env
  }

  /** @throws Error naming the setting that is missing */
  async queues(): Promise<QueueServiceClient> {
    const { QueueServiceClient } = await import('@azure/storage-queue')
    const connectionString = this.#connectionString()
    if (connectionString) return QueueServiceClient.fromConnectionString(connectionString)
    return new QueueServiceClient(this.#serviceUri('queueServiceUri'), await this.#credential())
  }

  /** @throws Error naming the setting that is missing */
  async blobs(): Promise<BlobServiceClient> {
    const { BlobServiceClient } = await import('@azure/storage-blob')
    const connectionString = this.#connectionString()
    if (connectionString) return BlobServiceClient.fromConnectionString(connectionString)
    return new BlobServiceClient(this.#serviceUri('blobServiceUri'), await this.#credential())
  }

  #connectionString(): string | undefined {
    return this.#env[`AzureWebJobs${this.#name}`] || this.#env[this.#name]
  }

  #serviceUri(setting: string): string {
    const name = `${this.#name}__${setting}`
    const uri = this.#env[name]
    if (!uri) throw new Error(`Triggers other than HTTP need the setting ${this.#name} or ${name}.`)
    return uri
  }

  async #credential() {
    const { ManagedIdentityCredential } = await import('@azure/identity')
    const clientId = this.#env[`${this.#name}__clientId`]
    return clientId ? new ManagedIdentityCredential({ clientId }) : new ManagedIdentityCredential()
  }
}
