import { randomUUID } from 'node:crypto'

import { createAccessTokens } from './accounts/access-tokens.ts'
import type { Account } from './accounts/account.ts'
import { accountView } from './accounts/account-view.ts'
import { createAccounts } from './accounts/accounts.ts'
import { createConnectLinks } from './accounts/connect-links.ts'
import { createConnections } from './accounts/connections.ts'
import { createKeyRing } from './accounts/key-ring.ts'
import { nextStepOf, withConnectLink } from './accounts/problems.ts'
import type { Provider } from './accounts/provider.ts'
import { createRefresher, type StatusChange } from './accounts/refresh.ts'
import { sweep } from './accounts/sweep.ts'
import { createTokenVault } from './accounts/token-vault.ts'
import { createAudit } from './audit/audit.ts'
import { createIdentityTokens, lazyCredential } from './azure/credential.ts'
import { createVaultKeyWrapper, createVaultSecretReader } from './azure/key-vault.ts'
import { createVaultCertificates } from './azure/key-vault-certificates.ts'
import { preloadSdks } from './azure/preload.ts'
import { openQueue } from './azure/queue.ts'
import { createTableAccountIndex } from './azure/table-account-index.ts'
import { createTableAccountStore } from './azure/table-account-store.ts'
import { createTableConnectionStore } from './azure/table-connection-store.ts'
import { createTableKeyStore } from './azure/table-key-store.ts'
import { createTableLog } from './azure/table-log.ts'
import { openTable } from './azure/tables.ts'
import { systemClock } from './clock.ts'
import type { Config } from './config.ts'
import type { Diagnose } from './diagnosis/diagnose.ts'
import { AppError } from './errors.ts'
import { type Caller, hostKeyCaller, mayUse } from './http/caller.ts'
import { browserCookieName } from './http/cookies.ts'
import { createCursors } from './http/cursor.ts'
import { newId, randomToken } from './ids.ts'
import { createGraph } from './mail/graph-call.ts'
import type { Mailbox } from './mail/mailbox.ts'
import { readProfile } from './mail/profile.ts'
import { createStreamBudget } from './mail/stream-budget.ts'
import { createAudienceResolver } from './oauth/authority.ts'
import { createClientAssertions } from './oauth/client-assertion.ts'
import { createCredentialReader } from './oauth/client-credential.ts'
import { clouds } from './oauth/clouds.ts'
import { createEntraClient } from './oauth/entra-client.ts'
import { createFederatedAssertion } from './oauth/federated-assertion.ts'
import { createIdTokenValidator } from './oauth/id-token.ts'
import type { MailboxPermission } from './oauth/permissions.ts'
import { createSignIn } from './oauth/sign-in.ts'

/** Name of the queue that `refreshTimer` fills and `refreshQueue` empties. */
export const REFRESH_QUEUE = 'refresh'

/** A token for our own call must outlive that call. */
const OWN_CALL_VALIDITY_MS = 5 * 60_000

/**
 * Makes everything that the functions use, from settings alone. Nothing here reaches the network; SDKs are loaded on first use. The only place where
 * parts meet.
 */
export function createServices(config: Config) {
  const { now, wait, random } = systemClock
  const network = { fetch: globalThis.fetch, now }
  const { storage, vault, endpoints } = config
  const storageCredential = lazyCredential('clientId' in storage ? storage.clientId : undefined)
  const table = (name: string) => openTable('tableUrl' in storage ? { ...storage, credential: storageCredential } : storage, name)
  const queue = openQueue('queueUrl' in storage ? { ...storage, credential: storageCredential } : storage, REFRESH_QUEUE)
  const vaultAccess = { url: vault.url, credential: lazyCredential(config.identityClientId) }

  const provider = (name: string): Provider => {
    if (name !== config.provider.name) throw new AppError('invalid_request', `There is no provider named "${name}".`)
    return config.provider
  }
  const { authority: authorityHost, outlookResource } = endpoints
  const certificates = createVaultCertificates(vaultAccess)
  const credential = createCredentialReader({
    readSecret: createVaultSecretReader(vaultAccess),
    readCertificate: certificates.read,
    assertions: createClientAssertions({ sign: certificates.sign, now, randomId: randomUUID }),
    federated: createFederatedAssertion({ managedIdentityToken: createIdentityTokens(vaultAccess.credential) }),
    now,
  })
  const entra = createEntraClient({ ...network, authorityHost, outlookResource, credential })

  const keyRing = createKeyRing(
    createTableKeyStore(table('keyring')),
    createVaultKeyWrapper(vaultAccess, vault.tokenKeyName),
    now,
  )
  const tokenVault = createTokenVault(keyRing)
  const store = createTableAccountStore(table('accounts'))
  const index = createTableAccountIndex(table('index'))
  const events = createTableLog(table('events'))

  const refresher = createRefresher({
    store,
    vault: tokenVault,
    redeem: ({ provider: name, tenantId, permissions }, refreshToken, slot, claims) =>
      entra.redeemRefreshToken(provider(name), tenantId, refreshToken, slot, permissions, claims),
    changed,
    now,
    wait,
    newLeaseId: randomToken,
  })
  const accessTokens = createAccessTokens({ store, vault: tokenVault, refresher, now })
  const accounts = createAccounts({ store, index, vault: tokenVault, accessTokens, changed, now })

  async function changed({ before, after }: StatusChange): Promise<void> {
    await accounts.statusChanged({ before, after })
    const { id, owner, status, problem } = after
    const entry = { type: 'account.status', account: id, owner, from: before.status, to: status, code: problem?.upstream?.code }
    await events.append(new Date(now()).toISOString(), { ...entry, action: problem?.action })
  }

  const graph = createGraph({ endpoint: endpoints.graph, fetch: globalThis.fetch, now, wait, random })
  const links = createConnectLinks(keyRing.derive, now)

  /** What the mail module needs of an account. Our own calls use the slot that understands claims challenges. */
  const mailboxOf = ({ id, provider: name, userId, permissions }: Account): Mailbox => ({
    accountId: id,
    key: `${provider(name).cloud} ${provider(name).clientId} ${userId}`,
    path: '/me',
    permissions: new Set(permissions),
    accessToken: async (claims) =>
      (await accessTokens.get(id, 'graph-cae', { minValidityMs: OWN_CALL_VALIDITY_MS, claims })).token.accessToken,
  })

  /** Asks for no more than the provider offers. */
  const linkFor = async ({ id, provider: name }: Account, permissions: MailboxPermission[]) =>
    new URL(
      `/api/connect/${await links.seal({ account: id, permissions: permissions.filter((one) => provider(name).permissions.includes(one)) })}`,
      config.publicBaseUrl,
    ).href

  let diagnosis: Promise<Diagnose> | undefined
  const diagnose: Diagnose = async (account) => {
    diagnosis ??= import('./diagnosis/account-diagnosis.ts').then(({ createAccountDiagnosis }) =>
      createAccountDiagnosis({
        token: async ({ id }, resource) =>
          (await accessTokens.get(id, resource, { minValidityMs: OWN_CALL_VALIDITY_MS })).token.accessToken,
        graph,
        mailboxOf,
        endpoints,
        linkFor,
      }),
    )
    return (await diagnosis)(account)
  }

  const signIn = createSignIn({
    entra,
    validateIdToken: createIdTokenValidator(network),
    resolveAudience: createAudienceResolver({ ...network, authorityHost }),
    readMail: async (accessToken) => (await readProfile(graph, accessToken)).mail,
    authorityHost,
    graphResource: clouds[config.provider.cloud].graph.origin,
    outlookResource,
    redirectUri: config.redirectUri,
  })
  const connections = createConnections({
    store: createTableConnectionStore(table('connections')),
    accountStore: store,
    accounts,
    keyRing,
    links,
    signIn,
    provider,
    now,
  })

  return {
    config,
    now,
    provider,
    connections,
    signIn,
    accounts,
    accessTokens,
    refresher,
    graph,
    mailboxOf,
    streamBudget: createStreamBudget({ limitBytes: config.limits.streamBudgetBytes, now }),
    newSendId: () => newId('snd'),
    viewOf: async (account: Account) =>
      accountView(account, await store.readLastUsed(account.id), await nextStepOf(account, linkFor)),
    withLink: (error: AppError, account: Account) => withConnectLink(error, account, linkFor),
    cursors: createCursors(keyRing.derive),
    browserCookie: { name: browserCookieName(config.publicBaseUrl) },
    identify: hostKeyCaller(config.hostKeyPermissions),
    mayUse: (caller: Caller) => (owned: Pick<Account, 'owner'>) => mayUse(caller, owned),
    findAccount: accounts.find,
    diagnose,
    preload: () => preloadSdks({ identity: 'tableUrl' in storage }),
    sweepDue: () => sweep({ store, send: queue.send, now }),
    audit: createAudit({ log: createTableLog(table('audit')), now }),
  }
}

export type Services = ReturnType<typeof createServices>
