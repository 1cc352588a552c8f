import { describe, expect, test } from 'vitest'

import { BindingData, bindingDataOf } from '../../../sandbox/host/binding-data.ts'

describe('binding data', () => {
  test('are the members of a JSON object as .NET prints them', () => {
    const text = JSON.stringify({ a: 'x', b: 1.5, c: false, d: { Deep: 1 }, e: [1], f: null, g: '2024-01-02T03:04:05Z' })
    expect(Object.fromEntries(bindingDataOf(text))).toEqual({
      a: { string: 'x' },
      b: { string: '1.5' },
      c: { string: 'False' },
      d: { json: '{"Deep":1}' },
      g: { string: '01/02/2024 03:04:05' },
    })
  })

  test.each(['text', '[{"a":1}]', '{"a":', '"a"', ''])('are none in %j', (text) => {
    expect(bindingDataOf(text)).toEqual([])
  })

  test('keep the first spelling of a name and its last value', () => {
    const data = new BindingData()
    data.set('NAME', { string: 'first' })
    data.set('name', { string: 'last' })
    expect(data.has('Name')).toBe(true)
    expect(data.toRecord()).toEqual({ NAME: { string: 'last' } })
  })
})
