import { app } from '@azure/functions'
import * as z from 'zod/mini'
import en from 'zod/v4/locales/en.js'

import { readConfig } from '../shared/config.ts'
import { endpoint } from '../shared/http/endpoint.ts'
import { type Route, route } from '../shared/http/route.ts'
import { messageInput } from '../shared/mail/message-input.ts'
import { createServices, REFRESH_QUEUE, type Services } from '../shared/services.ts'
import { confirmConnection, confirmConnectionBody } from './confirm-connection.ts'
import { createAccount, createAccountBody } from './create-account.ts'
import { createConnection, createConnectionBody } from './create-connection.ts'
import { deleteAccount } from './delete-account.ts'
import { diagnoseAccount } from './diagnose-account.ts'
import { finishSignIn } from './finish-sign-in.ts'
import { getAccount } from './get-account.ts'
import { getAttachment } from './get-attachment.ts'
import { getConnection } from './get-connection.ts'
import { getMessage, getMessageQuery } from './get-message.ts'
import { health } from './health.ts'
import { issueToken, issueTokenBody } from './issue-token.ts'
import { listAccounts, listAccountsQuery } from './list-accounts.ts'
import { listAttachments } from './list-attachments.ts'
import { listFolders } from './list-folders.ts'
import { listMessages, listMessagesQuery } from './list-messages.ts'
import { moveMessage, moveMessageBody } from './move-message.ts'
import { openConnectLink } from './open-connect-link.ts'
import { reconnectAccount } from './reconnect-account.ts'
import { refreshAccount } from './refresh-account.ts'
import { refreshQueue } from './refresh-queue.ts'
import { refreshTimer } from './refresh-timer.ts'
import { send } from './send-message.ts'

/** A message in one request to Graph is at most 3.5 MB; JSON around it and escapes take some more. */
const MAX_SEND_BYTES = 8 * 1_048_576

/** Every HTTP route: the functions, their permission checks and the schemas of their input come from here. */
const routes: Route<Services>[] = [
  // Sign-in
  route({
    name: 'createConnection',
    methods: ['POST'],
    route: 'connections',
    permission: 'accounts.connect',
    body: createConnectionBody,
    audit: 'connect',
    handler: createConnection,
  }),
  route({
    name: 'getConnection',
    methods: ['GET'],
    route: 'connections/{connection}',
    permission: 'accounts.connect',
    handler: getConnection,
  }),
  route({
    name: 'confirmConnection',
    methods: ['POST'],
    route: 'connections/{connection}/confirm',
    permission: 'accounts.connect',
    body: confirmConnectionBody,
    audit: 'confirm',
    handler: confirmConnection,
  }),
  route({
    name: 'openConnectLink',
    methods: ['GET', 'HEAD'],
    route: 'connect/{ticket}',
    permission: 'anonymous',
    page: true,
    handler: openConnectLink,
  }),
  route({
    name: 'finishSignIn',
    methods: ['GET', 'POST'],
    route: 'oauth/callback',
    permission: 'anonymous',
    page: true,
    handler: finishSignIn,
  }),

  // Accounts and tokens
  route({
    name: 'createAccount',
    methods: ['POST'],
    route: 'accounts',
    permission: 'accounts.connect',
    body: createAccountBody,
    audit: 'connect',
    handler: createAccount,
  }),
  route({
    name: 'listAccounts',
    methods: ['GET'],
    route: 'accounts',
    permission: 'accounts.manage',
    query: listAccountsQuery,
    handler: listAccounts,
  }),
  route({
    name: 'getAccount',
    methods: ['GET'],
    route: 'accounts/{account}',
    permission: 'accounts.manage',
    handler: getAccount,
  }),
  route({
    name: 'deleteAccount',
    methods: ['DELETE'],
    route: 'accounts/{account}',
    permission: 'accounts.manage',
    audit: 'delete',
    handler: deleteAccount,
  }),
  route({
    name: 'refreshAccount',
    methods: ['POST'],
    route: 'accounts/{account}/refresh',
    permission: 'accounts.manage',
    audit: 'refresh',
    handler: refreshAccount,
  }),
  route({
    name: 'issueToken',
    methods: ['POST'],
    route: 'accounts/{account}/token',
    permission: 'tokens.issue',
    body: issueTokenBody,
    audit: 'token',
    handler: issueToken,
  }),

  route({
    name: 'reconnectAccount',
    methods: ['POST'],
    route: 'accounts/{account}/reconnect',
    permission: 'accounts.connect',
    audit: 'connect',
    handler: reconnectAccount,
  }),
  route({
    name: 'diagnoseAccount',
    methods: ['POST'],
    route: 'accounts/{account}/diagnosis',
    permission: 'accounts.manage',
    handler: diagnoseAccount,
  }),

  // Mail
  route({
    name: 'send',
    methods: ['POST'],
    route: 'accounts/{account}/send',
    permission: 'mail.send',
    body: messageInput,
    maxBodyBytes: MAX_SEND_BYTES,
    audit: 'send',
    handler: send,
  }),
  route({
    name: 'listMessages',
    methods: ['GET'],
    route: 'accounts/{account}/messages',
    permission: 'mail.read',
    query: listMessagesQuery,
    handler: listMessages,
  }),
  route({
    name: 'getMessage',
    methods: ['GET'],
    route: 'accounts/{account}/messages/{message}',
    permission: 'mail.read',
    query: getMessageQuery,
    handler: getMessage,
  }),
  route({
    name: 'listAttachments',
    methods: ['GET'],
    route: 'accounts/{account}/messages/{message}/attachments',
    permission: 'mail.read',
    handler: listAttachments,
  }),
  route({
    name: 'getAttachment',
    methods: ['GET'],
    route: 'accounts/{account}/messages/{message}/attachments/{attachment}',
    permission: 'mail.read',
    handler: getAttachment,
  }),
  route({
    name: 'moveMessage',
    methods: ['POST'],
    route: 'accounts/{account}/messages/{message}/move',
    permission: 'mail.organize',
    body: moveMessageBody,
    audit: 'organize',
    handler: moveMessage,
  }),
  route({
    name: 'listFolders',
    methods: ['GET'],
    route: 'accounts/{account}/folders',
    permission: 'mail.read',
    handler: listFolders,
  }),

  // Operations
  route({ name: 'health', methods: ['GET'], route: 'health', permission: 'anonymous', handler: health }),
]

// The small build of zod brings no messages of its own.
z.config(en())

// A bad setting throws here, and the host refuses to start.
const services = createServices(readConfig(process.env))

app.setup({ enableHttpStream: true })
for (const one of routes) {
  const authLevel = one.permission === 'anonymous' ? 'anonymous' : 'function'
  app.http(one.name, { methods: one.methods, route: one.route, authLevel, handler: endpoint(one, services) })
}
app.timer('refreshTimer', { schedule: '%REFRESH_SCHEDULE%', handler: refreshTimer(services) })
app.storageQueue('refreshQueue', { queueName: REFRESH_QUEUE, connection: 'AzureWebJobsStorage', handler: refreshQueue(services) })

/** By then the host has asked what there is and can send requests; before, loading would only make it wait. */
const PRELOAD_AFTER_MS = 50

setTimeout(() => void services.preload().catch(() => undefined), PRELOAD_AFTER_MS).unref()
