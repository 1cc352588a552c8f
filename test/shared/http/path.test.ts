import { describe, expect, it } from 'vitest'

import { AppError } from '../../../shared/errors.ts'
import { pathParameters } from '../../../shared/http/path.ts'

describe('pathParameters', () => {
  it('takes them from the URL, decoded once', () => {
    expect(pathParameters('accounts/{account}/token', 'http://x/api/accounts/a%40b.test/token')).toEqual({ account: 'a@b.test' })
    expect(pathParameters('accounts/{account}', 'http://x/api/accounts/a%252Fb')).toEqual({ account: 'a%2Fb' })
  })

  it('is not moved by a query parameter or a second /api/ in the path', () => {
    expect(pathParameters('accounts/{account}', 'http://x/api/accounts/acc_1?account=acc_2')).toEqual({ account: 'acc_1' })
    expect(pathParameters('accounts/{account}', 'http://x/api/accounts/api?x=/api/y')).toEqual({ account: 'api' })
  })

  it.each(['http://x/api/accounts/%E0%A4%A', 'http://x/api/accounts/'])('refuses %s and names the parameter', (url) => {
    expect(() => pathParameters('accounts/{account}', url)).toThrow(AppError)
  })
})
