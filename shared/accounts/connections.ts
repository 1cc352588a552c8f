import { AppError, problemOf } from '../errors.ts'
import { isId, newId, randomToken } from '../ids.ts'
import type { MailboxPermission } from '../oauth/permissions.ts'
import type { SignIn } from '../oauth/sign-in.ts'
import { type Account, addressesOf } from './account.ts'
import type { AccountStore } from './account-store.ts'
import type { Accounts, Grant } from './accounts.ts'
import { createConfirmation } from './confirmation.ts'
import { type ConnectLinks, LINK_PREFIX } from './connect-links.ts'
import { type Connection, type ConnectionRecord, type ConnectionRequest, type ConnectionStore, statusOf } from './connection.ts'
import { hashOf, sameHash } from './hashes.ts'
import type { KeyRing } from './key-ring.ts'
import type { Provider } from './provider.ts'
import { createSignInAttempts } from './sign-in-attempts.ts'

export interface ConnectionDependencies {
  store: ConnectionStore
  accountStore: Pick<AccountStore, 'read'>
  accounts: Pick<Accounts, 'connect'>
  keyRing: KeyRing
  links: ConnectLinks
  signIn: SignIn
  provider(name: string): Provider
  now(): number
}

/** Where a browser goes next, or what it is told. */
export interface SignInOutcome {
  connection: Connection
  status: 'connected' | 'confirming' | 'failed'
  account?: Account
  problem?: AppError
  /** For the return URL only; stored as a hash. */
  proof?: string
}

/** The parameters of Entra's answer. */
export interface AuthorizationResponse {
  state: string | undefined
  code: string | undefined
  error: string | undefined
  errorSubcode: string | undefined
}

export type MayRead = (connection: Pick<Connection, 'owner'>) => boolean

/** From opening a ready link to the end of the sign-in. */
const LINKED_LIFE_SECONDS = 3600

const instant = (ms: number) => new Date(ms).toISOString()

/** One pending sign-in from the link to the callback. */
export function createConnections(dependencies: ConnectionDependencies) {
  const { store, accountStore, accounts, links, signIn, provider, now } = dependencies
  const attempts = createSignInAttempts(dependencies)
  const confirmation = createConfirmation(dependencies)

  /** Answers the connection and the secret link part, which is stored as a hash only. */
  async function start(owner: string, providerName: string, request: ConnectionRequest, expiresInSeconds: number) {
    const secret = randomToken()
    const connection: Connection = {
      id: newId('con'),
      owner,
      provider: providerName,
      status: 'pending',
      ticketHash: hashOf(secret),
      request,
      createdOn: instant(now()),
      expiresOn: instant(now() + expiresInSeconds * 1000),
    }
    await store.create(connection)
    return { connection, ticket: `${connection.id}.${secret}` }
  }

  /** The same person for the same account, with what it has and what more is asked for. */
  function startAgain(account: Account, more: MailboxPermission[], expiresInSeconds: number) {
    const permissions = [...new Set([...account.permissions, ...more])]
    const request = { permissions, loginHint: account.userPrincipalName, confirm: false, account: account.id }
    return start(account.owner, account.provider, request, expiresInSeconds)
  }

  /** The connection behind a ready link: made when the link is opened. */
  async function byLink(ticket: string): Promise<Connection> {
    const { account: id, permissions } = await links.open(ticket)
    const record = await accountStore.read(id)
    if (!record) throw new AppError('not_found', 'The mailbox of this link is no longer known here.', { action: 'user' })
    return (await startAgain(record.account, permissions, LINKED_LIFE_SECONDS)).connection
  }

  /** The connection behind a link. Opening it changes nothing. */
  async function byTicket(ticket: string): Promise<Connection> {
    if (ticket.startsWith(LINK_PREFIX)) return byLink(ticket)
    const [id = '', secret = ''] = ticket.split('.')
    const record = isId('con', id) ? await store.read(id) : undefined
    if (!record || !sameHash(hashOf(secret), record.connection.ticketHash)) {
      throw new AppError('not_found', 'This link is not valid. Ask the application that sent it for a new one.', {
        action: 'user',
      })
    }
    const status = statusOf(record.connection, now())
    if (status === 'expired') {
      throw new AppError('not_found', 'This link has expired. Ask the application that sent it for a new one.', {
        reason: 'expired',
        action: 'user',
      })
    }
    if (status === 'connected' || status === 'confirming') {
      throw new AppError('conflict', 'The mailbox is connected; this link has done its work and can be forgotten.', {
        reason: 'already_connected',
        action: 'nobody',
      })
    }
    return record.connection
  }

  /**
   * Entra's answer. The state is used up and the connection leased in one transaction before anything else happens, so a repeated or
   * parallel callback ends here, without a token request.
   */
  async function finish(response: AuthorizationResponse, browser: string | undefined): Promise<SignInOutcome> {
    const { record, secrets } = await attempts.takeState(response.state, browser)
    try {
      if (response.error !== undefined || response.code === undefined) throw declined(response)
      const { connection } = record
      const grant = await signIn.redeem(provider(connection.provider), connection, response.code, secrets)
      await requireExpected(connection, grant)
      if (!connection.request.confirm) return await complete(record, grant)
      return { status: 'confirming', ...(await confirmation.holdForProof(record, grant)) }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const { redeemingUntil: _lease, ...rest } = record.connection
      const connection: Connection = { ...rest, status: 'failed', problem: problemOf(error) }
      await store.update(record, connection)
      return { connection, status: 'failed', problem: error }
    }
  }

  async function requireExpected({ request, owner }: Connection, { identity }: Grant): Promise<void> {
    if (request.expect !== undefined && !addressesOf(identity).includes(request.expect.toLowerCase())) throw identityMismatch()
    if (request.account === undefined) return
    const was = await accountStore.read(request.account)
    if (was?.account.owner !== owner) throw new AppError('not_found', 'The account to be connected again no longer exists.')
    if (was.account.tenantId !== identity.tenantId || was.account.userId !== identity.userId) throw identityMismatch()
  }

  async function complete(record: ConnectionRecord, grant: Grant): Promise<SignInOutcome> {
    const account = await accounts.connect(grant)
    const { redeemingUntil: _lease, problem: _problem, proofHash: _proof, confirmBy: _by, ...rest } = record.connection
    const connection: Connection = { ...rest, status: 'connected', account: account.id }
    await store.update(record, connection)
    return { connection, status: 'connected', account }
  }

  async function confirm(mayRead: MayRead, id: string, proof: string): Promise<Connection> {
    const record = await read(mayRead, id)
    return (await complete(record, await confirmation.release(record, proof))).connection
  }

  /** For those who may; for everybody else it does not exist. */
  async function read(mayRead: MayRead, id: string): Promise<ConnectionRecord> {
    const record = isId('con', id) ? await store.read(id) : undefined
    if (!record || !mayRead(record.connection)) throw new AppError('not_found', 'There is no such connection.')
    return record
  }

  return {
    start,
    startAgain,
    byTicket,
    begin: attempts.begin,
    finish,
    confirm,
    destroyUnproven: confirmation.destroyUnproven,
    read,
    statusOf: (connection: Connection) => statusOf(connection, now()),
  }
}

export type Connections = ReturnType<typeof createConnections>

function identityMismatch(): AppError {
  return new AppError('identity_mismatch', 'Another person signed in than the one this link was made for; nothing was stored.')
}

/** OAuth's `access_denied` with Entra's subcode tells a person's "no" from the need for an administrator. */
function declined({ error, errorSubcode }: AuthorizationResponse): AppError {
  const upstream = { service: 'entra' as const, code: error !== undefined && /^[a-z_]{1,64}$/.test(error) ? error : undefined }
  if (error === 'access_denied' || error === 'consent_required') {
    const declinedByPerson = errorSubcode === 'cancel'
    return new AppError('permission_missing', 'The request was declined at Microsoft; nothing was stored.', {
      reason: declinedByPerson ? 'declined' : 'consent_missing',
      action: declinedByPerson ? 'user' : 'tenantAdmin',
      upstream,
    })
  }
  return new AppError('upstream_failed', 'Microsoft could not sign the person in; nothing was stored.', {
    upstream,
    action: 'user',
  })
}
