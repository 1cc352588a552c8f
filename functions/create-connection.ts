import * as z from 'zod/mini'

import { AppError } from '../shared/errors.ts'
import { invalid } from '../shared/http/input.ts'
import type { Handler } from '../shared/http/route.ts'
import { mailboxPermissions } from '../shared/oauth/permissions.ts'
import type { Services } from '../shared/services.ts'

const DEFAULT_EXPIRES_IN_SECONDS = 3600

const text = (most: number) => z.string().check(z.minLength(1), z.maxLength(most))
const address = z.string().check(z.maxLength(320), z.regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address'))

export const createConnectionBody = z.strictObject({
  provider: z.optional(z.string()),
  loginHint: z.optional(text(320)),
  domainHint: z.optional(text(253)),
  prompt: z.optional(z.enum(['login', 'select_account', 'consent'])),
  permissions: z.optional(z.array(z.enum(mailboxPermissions)).check(z.minLength(1), z.maxLength(mailboxPermissions.length))),
  returnUrl: z.optional(text(2048)),
  state: z.optional(z.string().check(z.maxLength(512))),
  expect: z.optional(address),
  confirm: z._default(z.boolean(), false),
  expiresIn: z._default(z.int().check(z.gte(300), z.lte(604_800)), DEFAULT_EXPIRES_IN_SECONDS),
  account: z.optional(z.string()),
})

/** POST connections — makes a link that connects a mailbox when its owner opens it. */
export const createConnection: Handler<Services, z.infer<typeof createConnectionBody>> =
  ({ config, connections, provider, findAccount, mayUse }) =>
  async ({ caller, body }) => {
    const { provider: name = 'default', expiresIn, account: reference, permissions, ...rest } = body
    const chosen = provider(name)
    const wanted = [...new Set(permissions ?? chosen.permissions)]
    const beyond = wanted.filter((one) => !chosen.permissions.includes(one))
    if (beyond.length > 0)
      throw invalid([{ pointer: '/permissions', message: `the provider does not offer ${beyond.join(', ')}` }])
    if (rest.returnUrl !== undefined && !chosen.returnUrls.includes(rest.returnUrl)) {
      throw invalid([
        { pointer: '/returnUrl', message: 'is not on the list of allowed return URLs, which are compared literally' },
      ])
    }
    if (rest.confirm && rest.returnUrl === undefined) {
      throw invalid([{ pointer: '/confirm', message: 'needs a returnUrl: the proof comes back there' }])
    }
    const account = reference === undefined ? undefined : await findAccount(reference, mayUse(caller))
    if (reference !== undefined && !account) throw new AppError('not_found', 'There is no such account.')
    const request = {
      ...rest,
      permissions: wanted,
      ...(account && { account: account.id, loginHint: rest.loginHint ?? account.userPrincipalName }),
    }
    const { connection, ticket } = await connections.start(account?.owner ?? caller.name, name, request, expiresIn)
    const connectUrl = new URL(`/api/connect/${ticket}`, config.publicBaseUrl).href
    return { status: 201, json: { id: connection.id, connectUrl, expiresOn: connection.expiresOn } }
  }
