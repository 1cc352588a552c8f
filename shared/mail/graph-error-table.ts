import type { Action, ProblemCode } from '../errors.ts'

/** What one of Graph's error codes means to a caller of the gateway. */
export interface GraphErrorMeaning {
  code: ProblemCode
  detail: string
  /** Of `mailbox_refused`. */
  reason?: 'send_as_denied' | 'recipient_refused' | 'quota_exceeded' | 'mailbox_unavailable' | 'mailbox_excluded' | 'policy'
  action?: Action
  /** What would allow it. */
  remedy?: string
}

const notFound: GraphErrorMeaning = { code: 'not_found', detail: 'The mailbox has no such item.' }
const tooLarge: GraphErrorMeaning = { code: 'payload_too_large', detail: 'The message is larger than the mailbox accepts.' }
const conflict: GraphErrorMeaning = { code: 'conflict', detail: 'The mailbox already has an item of this name.' }
const stale: GraphErrorMeaning = { code: 'precondition_failed', detail: 'The item was changed meanwhile.' }
const busy: GraphErrorMeaning = { code: 'upstream_unavailable', detail: 'The mailbox cannot be reached at the moment.' }
const throttled: GraphErrorMeaning = { code: 'throttled', detail: 'Microsoft Graph limits the requests to this mailbox.' }

const recipientRefused: GraphErrorMeaning = {
  code: 'mailbox_refused',
  reason: 'recipient_refused',
  action: 'caller',
  detail: 'Exchange refused a recipient, or their number.',
  remedy: 'Check the recipients. A tenant allows 500 to a message unless its administrator raised that, at most 1,000.',
}
const sendAsDenied: GraphErrorMeaning = {
  code: 'mailbox_refused',
  reason: 'send_as_denied',
  action: 'tenantAdmin',
  detail: 'The mailbox may not send with this "from" address.',
  remedy: 'An administrator grants "Send as" or "Send on behalf" on that mailbox; or send without "from".',
}
const quotaExceeded: GraphErrorMeaning = {
  code: 'mailbox_refused',
  reason: 'quota_exceeded',
  detail: 'The mailbox is full or has reached its sending limit.',
  remedy: 'Free space in the mailbox, or wait until its sending limit (10,000 recipients in 24 hours) allows more.',
}
const unavailable: GraphErrorMeaning = {
  code: 'mailbox_refused',
  reason: 'mailbox_unavailable',
  action: 'tenantAdmin',
  detail: 'There is no Exchange Online mailbox that can be used here.',
  remedy: 'The user needs an Exchange Online licence and an active mailbox in the cloud, not on premises.',
}
const policy: GraphErrorMeaning = {
  code: 'mailbox_refused',
  reason: 'policy',
  action: 'tenantAdmin',
  detail: 'A policy of Exchange blocks this mailbox or this message.',
  remedy: 'The administrator finds the reason in the Exchange admin center.',
}

/** Exchange denied this application the mailbox; an application access policy or a scoped role is the cause. */
export const mailboxExcluded: GraphErrorMeaning = {
  code: 'mailbox_refused',
  reason: 'mailbox_excluded',
  action: 'tenantAdmin',
  detail: 'A policy of the tenant excludes this mailbox from the application.',
  remedy:
    'The administrator adds the mailbox to the scope of the application (RBAC for Applications, or the application access policy).',
}

/** Another person's mailbox was not opened: rights in Exchange decide, which Graph does not let us read. */
export const otherMailboxDenied: GraphErrorMeaning = {
  code: 'mailbox_refused',
  reason: 'policy',
  action: 'tenantAdmin',
  detail: 'Exchange does not let this account do that in that mailbox.',
  remedy: 'An administrator grants the account access to the mailbox ("Full access"), or the application its role for it.',
}

/**
 * Graph's and Exchange's codes. Microsoft adds and changes them: what is not here falls back to its status.
 *
 * @see {@link https://learn.microsoft.com/graph/errors}
 * @see {@link https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode}
 */
export const graphErrorTable: Readonly<Record<string, GraphErrorMeaning>> = {
  ErrorItemNotFound: notFound,
  ErrorFolderNotFound: notFound,
  ErrorInvalidIdMalformed: notFound,
  ErrorInvalidId: notFound,
  ErrorInvalidMailboxItemId: notFound,
  ErrorInvalidAttachmentId: notFound,
  itemNotFound: notFound,

  ErrorSendAsDenied: sendAsDenied,
  ErrorSendOnBehalfOfDenied: sendAsDenied,
  ErrorQuotaExceeded: quotaExceeded,
  ErrorSubmissionQuotaExceeded: quotaExceeded,
  ErrorExceededMessageLimit: quotaExceeded,
  ErrorInvalidRecipients: recipientRefused,
  ErrorMessageSubmissionBlocked: policy,
  ErrorAccountSuspend: policy,
  ErrorAccountSuspended: policy,

  MailboxNotEnabledForRESTAPI: unavailable,
  MailboxNotSupportedForRESTAPI: unavailable,
  ErrorInvalidUser: unavailable,
  ErrorNonExistentMailbox: unavailable,
  Request_ResourceNotFound: unavailable,

  ErrorMailboxMoveInProgress: busy,
  ErrorMailboxStoreUnavailable: busy,
  ErrorInternalServerTransientError: busy,
  ErrorServerBusy: busy,

  ErrorMessageSizeExceeded: tooLarge,
  ErrorDataSizeLimitExceeded: tooLarge,
  ErrorAttachmentSizeLimitExceeded: tooLarge,
  RequestEntityTooLarge: tooLarge,

  ErrorFolderExists: conflict,
  ErrorIrresolvableConflict: stale,
  ApplicationThrottled: throttled,
  TooManyRequests: throttled,
  activityLimitReached: throttled,
}

/** Families of codes, for the members not listed above. */
export const graphErrorFamilies: readonly (readonly [prefix: string, meaning: GraphErrorMeaning])[] = [
  ['ErrorMailbox', unavailable],
  ['ErrorRecipient', recipientRefused],
]

/** Statuses that say enough by themselves; any other 4xx or 5xx is `upstream_failed`. */
export const graphStatusTable: Readonly<Record<number, GraphErrorMeaning>> = {
  404: notFound,
  409: conflict,
  412: stale,
  413: tooLarge,
  429: throttled,
  503: { code: 'upstream_unavailable', detail: 'Microsoft Graph is unavailable at the moment.' },
  504: { code: 'upstream_unavailable', detail: 'Microsoft Graph did not answer in time.' },
}
