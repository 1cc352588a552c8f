import { describe, expect, test } from 'vitest'

import { createCoreModule } from '../../../sandbox/host/core-module.ts'

interface Core {
  registerFunction(metadata: object, callback: () => void): { dispose(): void }
  registerHook(name: string, callback: () => void): { dispose(): void }
}

function create() {
  const { core, registrations } = createCoreModule(() => {})
  return { core: core as Core, registrations }
}

const nothing = () => {}

describe('the module @azure/functions-core', () => {
  test('refuses a second function of one id', () => {
    const { core } = create()
    core.registerFunction({ name: 'one', bindings: {} }, nothing)
    const again = () => core.registerFunction({ name: 'one', bindings: {} }, nothing)
    expect(again).toThrow('A function with id "one" has already been registered.')
    core.registerFunction({ name: 'one', functionId: 'two', bindings: {} }, nothing)
  })

  test('forgets a function and a hook that are disposed of', () => {
    const { core, registrations } = create()
    core.registerFunction({ name: 'one', bindings: {} }, nothing).dispose()
    core.registerHook('preInvocation', nothing).dispose()
    expect(registrations.functions.size).toBe(0)
    expect(registrations.hooks.preInvocation).toEqual([])
  })

  test.each(['invented', 'toString'])('refuses the hook %s with the error that the package looks for', (name) => {
    const { core } = create()
    expect(() => core.registerHook(name, nothing)).toThrow(
      expect.objectContaining({ name: 'RangeError', isAzureFunctionsSystemError: true }),
    )
  })
})
