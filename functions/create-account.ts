import * as z from 'zod/mini'

import type { Handler } from '../shared/http/route.ts'
import type { Services } from '../shared/services.ts'

export const createAccountBody = z.strictObject({
  kind: z.literal('delegated', 'must be delegated; application accounts are not supported by this version'),
  provider: z.optional(z.string()),
  refreshToken: z.string().check(z.minLength(1), z.maxLength(8192)),
})

/** POST accounts — imports a refresh token of the same registration. It is redeemed at once, and whose it is is read from the answer. */
export const createAccount: Handler<Services, z.infer<typeof createAccountBody>> =
  ({ accounts, signIn, provider, viewOf }) =>
  async ({ caller, body }) => {
    const grant = await signIn.adopt(provider(body.provider ?? 'default'), caller.name, body.refreshToken)
    return { status: 201, json: await viewOf(await accounts.connect(grant)) }
  }
