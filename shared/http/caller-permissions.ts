/** What an application may do with the gateway. Each route of the route table names one. */
export const callerPermissions = [
  'accounts.connect',
  'accounts.manage',
  'tokens.issue',
  'mail.read',
  'mail.send',
  'mail.organize',
  'graph.call',
  'providers.manage',
  'callers.manage',
  'audit.read',
] as const

export type CallerPermission = (typeof callerPermissions)[number]
