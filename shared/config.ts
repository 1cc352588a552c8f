import * as z from 'zod/mini'

import type { Credential } from './accounts/provider.ts'
import { type CallerPermission, callerPermissions } from './http/caller-permissions.ts'
import { audienceKind, capabilityOf } from './oauth/capabilities.ts'
import { cloudNames, clouds, type MailHosts } from './oauth/clouds.ts'
import { type MailboxPermission, mailboxPermissions } from './oauth/permissions.ts'

/** A bad setting stops the start; `problems` name every one of them and never a value. */
export class ConfigError extends Error {
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`Missing or invalid settings: ${problems.join('; ')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

const toUrl = z.transform((text: string) => new URL(text))
const isOrigin = z.refine<URL>((url) => url.pathname === '/' && !url.search && !url.hash, 'must be a host without a path')

/** A service: a host, no path. Entra, Graph and the vault are never reached without TLS. */
const origin = z.pipe(z.url({ protocol: /^https$/, error: 'must be an https URL' }), toUrl).check(isOrigin)

/** Browsers treat `http://localhost` as a secure context, and Entra accepts it as redirect URI; nothing else without TLS. */
const publicUrl = z.pipe(z.url('must be an https URL, or http on localhost'), toUrl).check(
  z.refine(
    (url) => url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === 'localhost'),
    'must be an https URL, or http on localhost',
  ),
  isOrigin,
)

const hostAndPort = z.pipe(
  z.string().check(z.regex(/^[a-z0-9.-]+:\d{1,5}$/i, 'must be host:port')),
  z.transform((text: string) => {
    const [host, port] = text.split(':') as [string, string]
    return { host, port: Number(port) }
  }),
)

function listOf<const T extends string>(known: readonly T[]) {
  const each = z.enum(known, `each must be one of ${known.join(', ')}`)
  return z.pipe(z.pipe(z.string(), z.transform(list)), z.array(each).check(z.minLength(1)))
}

const whole = (least: number, most: number) =>
  z.pipe(
    z.string().check(z.regex(/^\d+$/, 'must be a whole number')),
    z.pipe(
      z.transform(Number),
      z.number().check(z.gte(least, `must be at least ${least}`), z.lte(most, `must be at most ${most}`)),
    ),
  )

const returnUrls = z.pipe(z.pipe(z.string(), z.transform(list)), z.array(z.url('each must be a URL')))

const defaultCallerPermissions = callerPermissions.filter(
  (permission) => !['tokens.issue', 'graph.call', 'callers.manage'].includes(permission),
)

const vaultName = /^[0-9a-zA-Z-]{1,127}$/

function credentialOf(text: string): Credential | undefined {
  if (text === 'managedIdentity') return { kind: 'managedIdentity' }
  const [kind, name = ''] = text.split(':')
  return (kind === 'secret' || kind === 'certificate') && vaultName.test(name) && text === `${kind}:${name}`
    ? { kind, vaultName: name }
    : undefined
}

const schema = z.object({
  AzureWebJobsStorage: z.optional(z.string()),
  AzureWebJobsStorage__tableServiceUri: z.optional(z.url('must be a URL')),
  AzureWebJobsStorage__queueServiceUri: z.optional(z.url('must be a URL')),
  AzureWebJobsStorage__clientId: z.optional(z.string()),
  KEY_VAULT_URL: origin,
  TOKEN_KEY_NAME: z._default(z.string().check(z.regex(vaultName, 'must be the name of a Key Vault key')), 'token-key'),
  AZURE_CLIENT_ID: z.optional(z.string()),
  PUBLIC_BASE_URL: publicUrl,
  ENTRA_CLIENT_ID: z.guid('must be the application (client) id, a GUID'),
  ENTRA_AUDIENCE: z
    .string()
    .check(z.regex(/^[a-z0-9][a-z0-9.-]*$/i, 'must be organizations, common, consumers, or a tenant id or domain')),
  ENTRA_CLOUD: z._default(z.enum(cloudNames, `must be one of ${cloudNames.join(', ')}`), 'global'),
  ENTRA_CREDENTIAL: z.pipe(
    z
      .string()
      .check(
        z.refine(
          (text) => credentialOf(text) !== undefined,
          'must be secret:<name>, certificate:<name> (of the key vault) or managedIdentity; a second one is not supported by this version',
        ),
      ),
    z.transform((text: string) => credentialOf(text) as Credential),
  ),
  ENTRA_PERMISSIONS: z._default(listOf(mailboxPermissions), ['send', 'read']),
  ENTRA_RESPONSE_MODE: z._default(z.enum(['query', 'form_post'], 'must be query or form_post'), 'query'),
  RETURN_URLS: z._default(returnUrls, []),
  ENTRA_AUTHORITY_HOST: z.optional(origin),
  GRAPH_ENDPOINT: z.optional(origin),
  OUTLOOK_RESOURCE: z.optional(origin),
  IMAP_ENDPOINT: z.optional(hostAndPort),
  POP_ENDPOINT: z.optional(hostAndPort),
  SMTP_ENDPOINT: z.optional(hostAndPort),
  CALLER_IDENTITY: z.literal('hostKey', 'must be hostKey; apiKey and entra are not supported by this version'),
  HOST_KEY: z._default(
    z.literal('required', 'must be required: with CALLER_IDENTITY=hostKey the host key is the only lock'),
    'required',
  ),
  HOST_KEY_PERMISSIONS: z._default(listOf(callerPermissions), defaultCallerPermissions),
  STREAM_BUDGET_MB: z._default(whole(1, 4096), 512),
  MAX_MESSAGE_MB: z._default(whole(1, 150), 35),
  // Read by the host when it registers the timer; named here so that a missing one is reported with the rest.
  REFRESH_SCHEDULE: z.string(),
})

/** Reads and checks all settings. @throws {@link ConfigError} naming every missing or bad setting. */
export function readConfig(environment: Record<string, string | undefined>) {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const value = environment[name]?.trim()
      return value ? [[name, value]] : []
    }),
  )
  const unresolved = Object.keys(given).filter((name) => given[name]?.startsWith('@Microsoft.KeyVault('))
  const parsed = schema.safeParse(given)
  const problems = new Map<string, string>()
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0])
      if (!problems.has(name)) problems.set(name, given[name] === undefined ? `${name} (missing)` : `${name} (${issue.message})`)
    }
  }
  for (const name of unresolved) problems.set(name, `${name} (a Key Vault reference that the platform could not resolve)`)
  if (parsed.success) {
    const { ENTRA_CLOUD: cloud, ENTRA_AUDIENCE, ENTRA_CREDENTIAL } = parsed.data
    const audience = audienceKind(ENTRA_AUDIENCE.toLowerCase())
    const capability = capabilityOf({ cloud, audience, credential: ENTRA_CREDENTIAL.kind, operation: 'delegated' })
    if (typeof capability === 'object') problems.set('ENTRA_AUDIENCE', `ENTRA_AUDIENCE (${capability.excluded})`)
  }
  const identityUris = ['AzureWebJobsStorage__tableServiceUri', 'AzureWebJobsStorage__queueServiceUri']
  if (!given.AzureWebJobsStorage) {
    for (const name of identityUris) if (!given[name]) problems.set(name, `${name} (missing, and AzureWebJobsStorage is not set)`)
  }
  if (!parsed.success || problems.size > 0) throw new ConfigError([...problems.values()])
  return nest(parsed.data)
}

export type Config = ReturnType<typeof nest>

function nest(env: z.infer<typeof schema>) {
  return {
    publicBaseUrl: env.PUBLIC_BASE_URL,
    redirectUri: new URL('/api/oauth/callback', env.PUBLIC_BASE_URL).href,
    storage: env.AzureWebJobsStorage
      ? { connectionString: env.AzureWebJobsStorage }
      : {
          tableUrl: env.AzureWebJobsStorage__tableServiceUri as string,
          queueUrl: env.AzureWebJobsStorage__queueServiceUri as string,
          clientId: env.AzureWebJobsStorage__clientId,
        },
    vault: { url: env.KEY_VAULT_URL, tokenKeyName: env.TOKEN_KEY_NAME },
    identityClientId: env.AZURE_CLIENT_ID,
    provider: {
      name: 'default',
      cloud: env.ENTRA_CLOUD,
      audience: env.ENTRA_AUDIENCE.toLowerCase(),
      clientId: env.ENTRA_CLIENT_ID,
      credential: env.ENTRA_CREDENTIAL,
      permissions: env.ENTRA_PERMISSIONS as MailboxPermission[],
      responseMode: env.ENTRA_RESPONSE_MODE,
      returnUrls: env.RETURN_URLS,
    },
    endpoints: endpointsOf(env),
    hostKeyPermissions: env.HOST_KEY_PERMISSIONS as CallerPermission[],
    limits: { streamBudgetBytes: env.STREAM_BUDGET_MB * 1_048_576, messageBytes: env.MAX_MESSAGE_MB * 1_048_576 },
  }
}

/** The cloud's own hosts, unless a setting names another one. Personal accounts have mail hosts of their own, which the same settings override. */
function endpointsOf(env: z.infer<typeof schema>) {
  const cloud = clouds[env.ENTRA_CLOUD]
  const given = { imap: env.IMAP_ENDPOINT, pop: env.POP_ENDPOINT, smtp: env.SMTP_ENDPOINT }
  const mail = (own: MailHosts): MailHosts => ({
    imap: given.imap ?? own.imap,
    pop: given.pop ?? own.pop,
    smtp: given.smtp ?? own.smtp,
  })
  return {
    authority: env.ENTRA_AUTHORITY_HOST ?? cloud.authority,
    graph: env.GRAPH_ENDPOINT ?? cloud.graph,
    outlookResource: env.OUTLOOK_RESOURCE?.origin ?? cloud.outlookResource,
    mail: mail(cloud.mail),
    personalMail: mail(cloud.personalMail ?? cloud.mail),
  }
}
