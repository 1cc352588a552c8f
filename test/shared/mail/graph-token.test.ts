import { expect, it } from 'vitest'

import { claimsChallenge } from '../../../shared/mail/graph-token.ts'

const claims = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"},"x":"ÿ~?>"}}'
const base64 = Buffer.from(claims).toString('base64')
const base64url = Buffer.from(claims).toString('base64url')

it.each([
  [
    'as Graph writes it',
    `Bearer realm="", authorization_uri="https://login.example/", error="insufficient_claims", claims="${base64}"`,
  ],
  ['in base64url', `Bearer error="insufficient_claims", claims="${base64url}"`],
  ['at the beginning', `Bearer claims="${base64}", error="insufficient_claims"`],
  ['in the second challenge', `PoP algs="RS256", Bearer error="insufficient_claims",claims="${base64}"`],
])('finds the claims of a challenge %s', (_title, header) => expect(claimsChallenge(header)).toBe(claims))

it.each([
  ['no header', null],
  ['no claims', 'Bearer realm="", error="invalid_token"'],
  ['claims that are no base64', 'Bearer claims="{}"'],
  ['claims that are no JSON', `Bearer claims="${Buffer.from('not json').toString('base64')}"`],
  ['empty claims', 'Bearer claims=""'],
  ['another parameter of a similar name', `Bearer notclaims="${base64}"`],
])('finds nothing in %s', (_title, header) => expect(claimsChallenge(header)).toBeUndefined())
