import { ManagedIdentityCredential } from '@azure/identity'
import { BlobServiceClient } from '@azure/storage-blob'
import { QueueServiceClient } from '@azure/storage-queue'

/** The host's own storage: leases in blobs, triggers in queues. */
export interface HostStorage {
  blobs: BlobServiceClient
  queues: QueueServiceClient
}

/**
 * Opens the storage that a connection setting names, as a connection string or as service URIs with an identity.
 *
 * @see {@link https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity Host storage with an identity}
 */
export function openStorage(connection: string, env: NodeJS.ProcessEnv): HostStorage | undefined {
  const connectionString = env[connection]
  if (connectionString) {
    return {
      blobs: BlobServiceClient.fromConnectionString(connectionString),
      queues: QueueServiceClient.fromConnectionString(connectionString),
    }
  }
  const blobUrl = env[`${connection}__blobServiceUri`]
  const queueUrl = env[`${connection}__queueServiceUri`]
  if (!blobUrl || !queueUrl) return undefined
  const clientId = env[`${connection}__clientId`]
  const credential = new ManagedIdentityCredential(clientId ? { clientId } : {})
  return { blobs: new BlobServiceClient(blobUrl, credential), queues: new QueueServiceClient(queueUrl, credential) }
}
