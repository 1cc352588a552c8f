import { expect, test } from 'vitest'

import { resolveBinding } from '../../../sandbox/host/settings.ts'

const queue = { type: 'queueTrigger', name: 'q', direction: 'in' as const, queueName: 'a-%STAGE%-%PART%', batch: 1 }

test('settings are put in the values of a trigger', () => {
  expect(resolveBinding('work', queue, { STAGE: 'test', PART: '' })).toEqual({ ...queue, queueName: 'a-test-' })
})

test('a setting that is missing is named with its function', () => {
  expect(() => resolveBinding('work', queue, { STAGE: 'test' })).toThrow("Function 'work': %PART% does not resolve to a value.")
})

test('the route of an HTTP function is taken as it is', () => {
  const http = { type: 'httpTrigger', name: 'h', direction: 'in' as const, route: 'a/%STAGE%' }
  expect(resolveBinding('hello', http, {})).toEqual(http)
})
