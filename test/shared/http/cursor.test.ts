import { createHash } from 'node:crypto'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { AppError } from '../../../shared/errors.ts'
import { type CursorBinding, createCursors, MAX_DATA_BYTES } from '../../../shared/http/cursor.ts'

const derive = (secret: string) => async (purpose: string) => createHash('sha256').update(`${secret}:${purpose}`).digest()
const cursors = createCursors(derive('one'))
const binding: CursorBinding = { caller: 'crm', account: 'acc_1', route: 'messages', filter: '["inbox",true]' }

async function refusal(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(AppError)
  expect((error as AppError).code).toBe('invalid_request')
  expect((error as AppError).details.errors).toEqual([{ pointer: '?cursor', message: expect.any(String) }])
  return error as AppError
}

describe('a cursor', () => {
  it('gives back what was sealed, whatever the JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 2 }), async (data) => {
        // JSON has no negative zero.
        const wire = JSON.stringify(data)
        fc.pre(Buffer.byteLength(wire) <= MAX_DATA_BYTES)
        expect(await cursors.open(binding, await cursors.seal(binding, data))).toEqual(JSON.parse(wire))
      }),
    )
  })

  it('is URL-safe text for whatever fits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: MAX_DATA_BYTES - 2 }), async (place) => {
        fc.pre(Buffer.byteLength(JSON.stringify(place)) <= MAX_DATA_BYTES)
        expect(await cursors.seal(binding, place)).toMatch(/^[A-Za-z0-9_-]{1,200}$/)
      }),
    )
  })

  it('is exactly 200 characters at its largest, and more is a defect of the list', async () => {
    expect(await cursors.seal(binding, 'x'.repeat(MAX_DATA_BYTES - 2))).toHaveLength(200)
    await expect(cursors.seal(binding, 'x'.repeat(MAX_DATA_BYTES - 1))).rejects.toThrow(RangeError)
  })

  it('shows nothing of its data and differs each time', async () => {
    const [a, b] = [await cursors.seal(binding, 'acc_secretplace'), await cursors.seal(binding, 'acc_secretplace')]
    expect(a).not.toBe(b)
    expect(Buffer.from(a, 'base64url').toString('latin1')).not.toContain('secretplace')
  })

  const others: [string, CursorBinding][] = [
    ['caller', { ...binding, caller: 'erp' }],
    ['account', { ...binding, account: 'acc_2' }],
    ['missing account', { ...binding, account: undefined }],
    ['route', { ...binding, route: 'folders' }],
    ['filter', { ...binding, filter: '["inbox",false]' }],
    ['shifted part', { ...binding, caller: 'crm","acc_1', account: undefined }],
  ]
  it.each(others)('does not open for another %s', async (_, other) => {
    await refusal(cursors.open(other, await cursors.seal(binding, 1)))
  })

  it('binds a filter longer than a key derivation takes', async () => {
    const long = { ...binding, filter: 'x'.repeat(5000) }
    expect(await cursors.open(long, await cursors.seal(long, 7))).toBe(7)
    await refusal(cursors.open({ ...binding, filter: `${'x'.repeat(4999)}y` }, await cursors.seal(long, 7)))
  })

  it('does not open under another key', async () => {
    await refusal(createCursors(derive('two')).open(binding, await cursors.seal(binding, 1)))
  })

  it('does not open when any character was changed, added or cut', async () => {
    const text = await cursors.seal(binding, ['place', 1])
    for (let at = 0; at < text.length; at += 1) {
      const changed = text[at] === 'A' ? 'B' : 'A'
      await refusal(cursors.open(binding, text.slice(0, at) + changed + text.slice(at + 1)))
      await refusal(cursors.open(binding, text.slice(0, at)))
    }
    await refusal(cursors.open(binding, `${text}A`))
  })

  it.each(['', '=', '../..', 'null', 'A'.repeat(38), 'A'.repeat(201), 'é', '%00', 'a b'])(
    'refuses the garbage %j',
    async (text) => {
      await refusal(cursors.open(binding, text))
    },
  )

  it('lets the failure of the key store through as it is', async () => {
    const failing = createCursors(async () => {
      throw new AppError('store_unavailable', 'The vault is away.')
    })
    await expect(failing.open(binding, await cursors.seal(binding, 1))).rejects.toMatchObject({ code: 'store_unavailable' })
  })
})
