throw new Error('KEY_VAULT_URL is missing')
