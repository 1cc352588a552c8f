import { readMaterial } from './certificate-material.ts'
import { addCertificate } from './certificates.ts'
import { makeRsaKey, rotate } from './keys.ts'
import type { Vault } from './routes.ts'

/** What an operator does to the vault, without HTTP and without a token. Answers are version ids. */
export interface VaultOperator {
  setSecret(name: string, value: string, options?: { expiresOn?: Date }): string
  createKey(name: string, options?: { size?: number }): Promise<string>
  rotateKey(name: string): Promise<string>
  /** A PFX, its private key not exportable. */
  importCertificate(name: string, pfx: Buffer, password: string): Promise<string>
  disableKeyVersion(name: string, version: string): void
  /** Deletes and purges: nothing that the key wrapped can be opened again. */
  destroyKey(name: string): void
}

export function createOperator(vault: Vault): VaultOperator {
  return {
    setSecret: (name, value, { expiresOn } = {}) => {
      const exp = expiresOn && Math.floor(expiresOn.getTime() / 1000)
      return vault.secrets.add(name, { value }, { exp }).id
    },
    createKey: async (name, { size } = {}) => vault.keys.add(name, await makeRsaKey(size)).id,
    rotateKey: async (name) => (await rotate(vault, name)).id,
    importCertificate: async (name, pfx, password) =>
      addCertificate(vault, name, await readMaterial(pfx, password), { exportable: false }).id,
    disableKeyVersion: (name, version) => vault.keys.update(vault.keys.version(name, version), { enabled: false }),
    destroyKey: (name) => {
      vault.keys.delete(name)
      vault.keys.purge(name)
    },
  }
}
