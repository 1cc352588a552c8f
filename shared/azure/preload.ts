/**
 * Loads the SDKs that the first request would load, in the idle moment after registration. Reaches nothing; a failure shows where the SDK
 * is used.
 */
export async function preloadSdks({ identity }: { identity: boolean }): Promise<void> {
  await import('@azure/data-tables')
  if (identity) await import('@azure/identity')
  await import('@azure/keyvault-keys')
}
