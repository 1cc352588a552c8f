import type { Account } from '../accounts/account.ts'
import type { Graph } from '../mail/graph-call.ts'
import type { Mailbox } from '../mail/mailbox.ts'
import { createDiagnosis, type Diagnose, type DiagnosisDependencies } from './diagnose.ts'
import { signInAtImap } from './imap-sign-in.ts'
import { openInbox } from './open-inbox.ts'
import { signInAtPop } from './pop-sign-in.ts'
import { signInAtSmtp } from './smtp-sign-in.ts'

export interface AccountDiagnosisDependencies extends Pick<DiagnosisDependencies, 'token' | 'endpoints' | 'linkFor'> {
  graph: Graph
  mailboxOf(account: Account): Mailbox
}

/** The diagnosis with the real protocols. Imported on first use: nobody should wait for it at a start. */
export function createAccountDiagnosis({ graph, mailboxOf, ...rest }: AccountDiagnosisDependencies): Diagnose {
  const signIn = { imap: signInAtImap, pop: signInAtPop, smtp: signInAtSmtp }
  return createDiagnosis({ ...rest, signIn, inbox: (account) => openInbox(graph, mailboxOf(account)) })
}
