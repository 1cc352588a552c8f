import { SecretClient } from '@azure/keyvault-secrets'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { callers, clientOptions, collect, credentialOf, openVault, polling, refusal } from './vault-fixture.ts'

describe('secrets', () => {
  let opened: Awaited<ReturnType<typeof openVault>>
  let client: SecretClient
  beforeAll(async () => {
    opened = await openVault()
    client = new SecretClient(opened.url, credentialOf(callers.officer), clientOptions)
  })
  afterAll(() => opened.vault.close())

  it('are read as the newest or by version', async () => {
    const first = await client.setSecret('rolled', 'one')
    const second = await client.setSecret('rolled', 'two', { contentType: 'text/plain', tags: { for: 'test' } })

    expect(await client.getSecret('rolled')).toMatchObject({
      name: 'rolled',
      value: 'two',
      properties: { version: second.properties.version, enabled: true, contentType: 'text/plain', tags: { for: 'test' } },
    })
    expect((await client.getSecret('ROLLED', { version: first.properties.version })).value).toBe('one')
  })

  it('are listed without their values, page by page', async () => {
    for (let number = 100; number < 130; number += 1) opened.vault.asOperator.setSecret(`listed-${number}`, 'hidden')

    const listed = (await collect(client.listPropertiesOfSecrets())).filter(({ name }) => name.startsWith('listed-'))

    expect(listed).toHaveLength(30)
    expect(new Set(listed.map(({ name }) => name)).size).toBe(30)
    expect(JSON.stringify(listed)).not.toContain('hidden')
  })

  it('list every version', async () => {
    const ids = [opened.vault.asOperator.setSecret('versions', 'a'), opened.vault.asOperator.setSecret('versions', 'b')]

    const versions = await collect(client.listPropertiesOfSecretVersions('versions'))

    expect(versions.map(({ version }) => version)).toEqual(ids)
  })

  it('keep being answered after their expiry, which is information only', async () => {
    const expiresOn = new Date('2020-01-01T00:00:00Z')
    opened.vault.asOperator.setSecret('old', 'still here', { expiresOn })

    expect(await client.getSecret('old')).toMatchObject({ value: 'still here', properties: { expiresOn } })
  })

  it('are not answered while disabled', async () => {
    const { properties } = await client.setSecret('off', 'v')
    const version = properties.version as string
    await client.updateSecretProperties('off', version, { enabled: false, expiresOn: new Date('2031-01-01T00:00:00Z') })

    expect(await refusal(client.getSecret('off'))).toEqual({ status: 403, code: 'Forbidden', inner: 'SecretDisabled' })

    const updated = await client.updateSecretProperties('off', version, { enabled: true })
    expect(updated).toMatchObject({ enabled: true, expiresOn: new Date('2031-01-01T00:00:00Z') })
    expect((await client.getSecret('off')).value).toBe('v')
  })

  it('are not found under an unknown name or version', async () => {
    await client.setSecret('known', 'v')
    const missing = { status: 404, code: 'SecretNotFound', inner: undefined }

    expect(await refusal(client.getSecret('unknown'))).toEqual(missing)
    expect(await refusal(client.getSecret('constructor'))).toEqual(missing)
    expect(await refusal(client.getSecret('known', { version: '0'.repeat(32) }))).toEqual(missing)
  })

  it('keep a deleted name reserved until it is recovered or purged', async () => {
    await client.setSecret('gone', 'v')
    const poller = await client.beginDeleteSecret('gone', polling)
    const deleted = await poller.pollUntilDone()

    expect(deleted).toMatchObject({ name: 'gone', recoveryId: `${opened.url}/deletedsecrets/gone` })
    expect(await refusal(client.getSecret('gone'))).toMatchObject({ status: 404 })
    expect(await refusal(client.setSecret('gone', 'w'))).toEqual({
      status: 409,
      code: 'Conflict',
      inner: 'ObjectIsDeletedButRecoverable',
    })
    expect((await collect(client.listDeletedSecrets())).map(({ name }) => name)).toContain('gone')

    await (await client.beginRecoverDeletedSecret('gone', polling)).pollUntilDone()
    expect((await client.getSecret('gone')).value).toBe('v')

    await (await client.beginDeleteSecret('gone', polling)).pollUntilDone()
    await client.purgeDeletedSecret('gone')
    expect(await refusal(client.getDeletedSecret('gone'))).toMatchObject({ status: 404 })
    expect((await client.setSecret('gone', 'w')).value).toBe('w')
  })

  it.each([
    ['a name with other characters', 'no_underscore', 'v'],
    ['a value above 25 KB', 'long', 'x'.repeat(25 * 1024 + 1)],
  ])('refuse %s', async (_case, name, value) => {
    expect(await refusal(client.setSecret(name, value))).toMatchObject({ status: 400, code: 'BadParameter' })
  })
})
