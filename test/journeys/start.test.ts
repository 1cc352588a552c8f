import { describe, expect, it } from 'vitest'

import { startGateway } from '../support/gateway.ts'

describe('a start with bad settings', () => {
  it('is refused and names every one of them, never a value', async () => {
    const settings = {
      KEY_VAULT_URL: '',
      ENTRA_CREDENTIAL: 'hunter2-in-clear',
      PUBLIC_BASE_URL: '@Microsoft.KeyVault(SecretUri=https://v/s)',
    }
    const error = await startGateway({ settings }).then(
      () => undefined,
      (error: Error) => error,
    )
    expect(error?.message).toContain('KEY_VAULT_URL (missing)')
    expect(error?.message).toContain('ENTRA_CREDENTIAL (must be secret:')
    expect(error?.message).toContain('PUBLIC_BASE_URL (a Key Vault reference that the platform could not resolve)')
    expect(error?.message).not.toContain('hunter2')
  })
})
