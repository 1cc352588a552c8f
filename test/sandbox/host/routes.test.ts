import { describe, expect, test } from 'vitest'

import { RouteTable, removeDotSegments } from '../../../sandbox/host/routes.ts'

function tableOf(routes: Record<string, string>, prefix = 'api'): RouteTable<string> {
  return new RouteTable(
    prefix,
    Object.entries(routes).map(([template, methods]) => ({ template, methods: new Set(methods.split(' ')), target: template })),
  )
}

const table = tableOf({
  'accounts/{account}/graph/{*path}': 'GET POST',
  'accounts/{account}': 'GET DELETE',
  'accounts/{account}/messages/{message?}': 'GET',
  'accounts/archived': 'GET',
  accounts: 'GET',
})

describe('a route table', () => {
  test.each([
    ['/api/accounts', 'accounts', {}],
    ['/api/accounts/', 'accounts', {}],
    ['/API/Accounts/ABC', 'accounts/{account}', { account: 'ABC' }],
    ['/api/accounts/archived', 'accounts/archived', {}],
    ['/api/accounts/a%20b%2Fc%c3%a9', 'accounts/{account}', { account: 'a b%2Fcé' }],
    ['/api/accounts/%ff', 'accounts/{account}', { account: '%ff' }],
    ['/api/accounts/a/messages', 'accounts/{account}/messages/{message?}', { account: 'a' }],
    ['/api/accounts/a/messages/', 'accounts/{account}/messages/{message?}', { account: 'a' }],
    ['/api/accounts/a/messages/m/', 'accounts/{account}/messages/{message?}', { account: 'a', message: 'm' }],
    ['/api/accounts/a/graph', 'accounts/{account}/graph/{*path}', { account: 'a' }],
    ['/api/accounts/a/graph/', 'accounts/{account}/graph/{*path}', { account: 'a' }],
    ['/api/accounts/a/graph/me/messages%2F1', 'accounts/{account}/graph/{*path}', { account: 'a', path: 'me/messages%2F1' }],
    ['/api/accounts/a/graph//me/', 'accounts/{account}/graph/{*path}', { account: 'a', path: '/me/' }],
  ])('matches %s with %s', (path, target, params) => {
    expect(table.match('GET', path)).toEqual({ target, params })
  })

  test.each([
    '/api//accounts',
    '/api/accounts//messages',
    '/api/accounts/a/messages//',
    '/api/accounts//',
    '/accounts',
    '/api',
    '/',
    '/api/accounts/a/b',
    '/apix/accounts',
  ])('has nothing at %s', (path) => {
    expect(table.match('GET', path)).toBeUndefined()
  })

  test('looks further when the better route does not have the method', () => {
    expect(table.match('DELETE', '/api/accounts/archived')).toEqual({
      target: 'accounts/{account}',
      params: { account: 'archived' },
    })
  })

  test.each(['HEAD', 'OPTIONS', 'PUT'])('has nothing for %s unless it is listed', (method) => {
    expect(table.match(method, '/api/accounts')).toBeUndefined()
  })

  test('serves from the root with an empty prefix', () => {
    expect(tableOf({ health: 'GET' }, '').match('GET', '/health')).toEqual({ target: 'health', params: {} })
  })

  test('prefers a literal to a parameter to a catch-all, whatever the order of registration', () => {
    const mixed = tableOf({ '{*all}': 'GET', '{one}/b': 'GET', 'a/{two}': 'GET', 'a/b': 'GET' })
    const targetOf = (path: string) => mixed.match('GET', path)?.target
    expect(['/api/a/b', '/api/a/x', '/api/x/b', '/api/x/y'].map(targetOf)).toEqual(['a/b', 'a/{two}', '{one}/b', '{*all}'])
  })

  test.each(['{id:int}', '{a}.{b}', '{id=5}', '{*rest}/after', '{id?}/after'])('refuses the template %s', (template) => {
    expect(() => tableOf({ [template]: 'GET' })).toThrow('not supported')
  })
})

describe('dot segments', () => {
  test.each([
    ['/api/a/../b', '/api/b'],
    ['/api/a/%2e%2E/b', '/api/b'],
    ['/api/./b', '/api/b'],
    ['/api/a/..', '/api/'],
    ['/../../b', '/b'],
    ['/api/a.b/..c', '/api/a.b/..c'],
    ['/api/a%2F..%2Fb', '/api/a%2F..%2Fb'],
  ])('in %s are removed before routing: %s', (path, expected) => {
    expect(removeDotSegments(path)).toBe(expected)
  })
})
