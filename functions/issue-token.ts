import * as z from 'zod/mini'

import type { Account } from '../shared/accounts/account.ts'
import { AppError } from '../shared/errors.ts'
import { invalid } from '../shared/http/input.ts'
import type { Handler } from '../shared/http/route.ts'
import { PERSONAL_TENANT_ID } from '../shared/oauth/authority.ts'
import { resources } from '../shared/oauth/permissions.ts'
import { type MailProtocol, mailProtocols, xoauth2Response } from '../shared/oauth/xoauth2.ts'
import type { Services } from '../shared/services.ts'

const DEFAULT_MIN_VALIDITY_SECONDS = 300
/** Below the shortest life Entra gives by default, so that a fresh token always satisfies it. */
const MOST_MIN_VALIDITY_SECONDS = 3000

const claims = z.string().check(
  z.maxLength(4096),
  z.refine((text) => isJsonObject(text), 'must be a JSON object, decoded from the challenge'),
)

export const issueTokenBody = z.strictObject({
  resource: z.optional(z.enum(resources)),
  protocol: z.optional(z.enum(mailProtocols)),
  claims: z.optional(claims),
  minValidity: z._default(z.int().check(z.gte(0), z.lte(MOST_MIN_VALIDITY_SECONDS)), DEFAULT_MIN_VALIDITY_SECONDS),
})

/** POST accounts/{account}/token — a fresh access token, never a refresh token. */
export const issueToken: Handler<Services, z.infer<typeof issueTokenBody>> =
  ({ accessTokens, config }) =>
  async ({ account, body }) => {
    const { protocol, claims, minValidity } = body
    const resource = body.resource ?? (protocol ? 'outlook' : 'graph')
    if (protocol && resource !== 'outlook')
      throw invalid([{ pointer: '/protocol', message: 'belongs to the resource "outlook"' }])
    const needed = protocol ? [protocol] : resource === 'outlook' ? mailProtocols : []
    if (needed.length > 0 && !needed.some((one) => account.permissions.includes(one))) {
      const asked = needed.join(' or ')
      throw new AppError('permission_missing', `The mailbox was not connected with the permission ${asked}.`, {
        extra: { permissions: needed },
      })
    }
    const { token } = await accessTokens.get(account.id, resource, { minValidityMs: minValidity * 1000, claims })
    const json = {
      account: account.id,
      resource,
      tokenType: 'Bearer',
      ...token,
      ...(protocol && {
        xoauth2: xoauth2(account.mailbox, token.accessToken, protocol, mailHost(config.endpoints, account, protocol)),
      }),
    }
    return { json, auditedResource: resource }
  }

function mailHost({ mail, personalMail }: Services['config']['endpoints'], { tenantId }: Account, protocol: MailProtocol) {
  return (tenantId === PERSONAL_TENANT_ID ? personalMail : mail)[protocol]
}

function xoauth2(username: string, accessToken: string, protocol: MailProtocol, endpoint: { host: string; port: number }) {
  const security = protocol === 'smtp' ? 'starttls' : 'tls'
  return { username, initialResponse: xoauth2Response(username, accessToken), ...endpoint, security }
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
