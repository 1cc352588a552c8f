import { KeyClient } from '@azure/keyvault-keys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { callers, clientOptions, collect, credentialOf, openVault, polling, refusal } from './vault-fixture.ts'

describe('keys', () => {
  let opened: Awaited<ReturnType<typeof openVault>>
  let officer: KeyClient
  let gateway: KeyClient
  beforeAll(async () => {
    opened = await openVault()
    officer = new KeyClient(opened.url, credentialOf(callers.officer), clientOptions)
    gateway = new KeyClient(opened.url, credentialOf(callers.gateway), clientOptions)
  })
  afterAll(() => opened.vault.close())

  it('are RSA of 2048 bits unless more is asked for, and show their public part only', async () => {
    const plain = await officer.createRsaKey('plain')
    const larger = await officer.createRsaKey('larger', { keySize: 3072, keyOps: ['sign'] })

    expect(plain.key?.n).toHaveLength(256)
    expect(larger).toMatchObject({ keyType: 'RSA', keyOperations: ['sign'] })
    expect(larger.key?.n).toHaveLength(384)
    expect(plain.id).toBe(`${opened.url}/keys/plain/${plain.properties.version}`)
    expect(Object.values(plain.key ?? {}).filter((member) => member instanceof Uint8Array)).toHaveLength(2)
  })

  it('get a new version by rotation, the old one staying', async () => {
    const first = await officer.createRsaKey('rotated')
    const second = await officer.rotateKey('rotated')
    const third = await opened.vault.asOperator.rotateKey('rotated')

    expect((await gateway.getKey('rotated')).properties.version).toBe(third)
    expect((await gateway.getKey('rotated', { version: first.properties.version })).key?.n).toEqual(first.key?.n)
    const versions = await collect(gateway.listPropertiesOfKeyVersions('rotated'))
    expect(versions.map(({ version }) => version)).toEqual([first.properties.version, second.properties.version, third])
    expect((await collect(gateway.listPropertiesOfKeys())).map(({ name }) => name)).toContain('rotated')
  })

  it('are not found once deleted, and come back by recovery', async () => {
    await officer.createRsaKey('lost')
    await (await officer.beginDeleteKey('lost', polling)).pollUntilDone()

    expect(await refusal(gateway.getKey('lost'))).toEqual({ status: 404, code: 'KeyNotFound', inner: undefined })
    expect(await refusal(officer.createRsaKey('lost'))).toMatchObject({ status: 409, inner: 'ObjectIsDeletedButRecoverable' })

    await (await officer.beginRecoverDeletedKey('lost', polling)).pollUntilDone()
    expect((await gateway.getKey('lost')).name).toBe('lost')
  })

  it('are gone for good once destroyed', async () => {
    await opened.vault.asOperator.createKey('destroyed')
    opened.vault.asOperator.destroyKey('destroyed')

    expect(await refusal(gateway.getKey('destroyed'))).toMatchObject({ status: 404, code: 'KeyNotFound' })
    expect(await refusal(officer.getDeletedKey('destroyed'))).toMatchObject({ status: 404 })
  })

  it('are made, rotated and deleted by an officer only', async () => {
    await opened.vault.asOperator.createKey('guarded')
    const forbidden = { status: 403, code: 'Forbidden', inner: 'ForbiddenByRbac' }

    expect(await refusal(gateway.createRsaKey('mine'))).toEqual(forbidden)
    expect(await refusal(gateway.rotateKey('guarded'))).toEqual(forbidden)
    expect(await refusal(gateway.beginDeleteKey('guarded', polling))).toEqual(forbidden)
  })

  it('of another type or size are refused', async () => {
    expect(await refusal(officer.createEcKey('curve'))).toMatchObject({ status: 400, code: 'BadParameter' })
    expect(await refusal(officer.createRsaKey('short', { keySize: 1024 }))).toMatchObject({ status: 400, code: 'BadParameter' })
  })
})
