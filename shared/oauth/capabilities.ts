import type { CloudName } from './clouds.ts'

/** Which accounts a registration takes: one tenant (by id or domain), any organisation, also personal ones, or only those. */
export type AudienceKind = 'tenant' | 'organizations' | 'common' | 'consumers'

export function audienceKind(audience: string): AudienceKind {
  return audience === 'organizations' || audience === 'common' || audience === 'consumers' ? audience : 'tenant'
}

export type CredentialKind = 'secret' | 'certificate' | 'managedIdentity'

/** What is asked of a provider: people signing in, or the application for itself. */
export type Operation = 'delegated' | 'application'

export interface Combination {
  cloud: CloudName
  audience: AudienceKind
  credential: CredentialKind
  operation: Operation
}

/** `confirmed` by Microsoft's documents; `unconfirmed`: allowed, but nobody is known to have done it; else why it cannot be. */
export type Capability = 'confirmed' | 'unconfirmed' | { excluded: string }

interface Rule {
  applies(combination: Combination): boolean
  excluded?: string
}

const takesPersonal = (audience: AudienceKind) => audience === 'common' || audience === 'consumers'

/**
 * What each cloud, audience and credential can do: the first rule that applies decides.
 *
 * @see {@link https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation Supported accounts}
 * @see {@link https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations Federated credentials}
 */
const rules: Rule[] = [
  {
    applies: ({ cloud, audience }) => cloud !== 'global' && takesPersonal(audience),
    excluded: 'Registrations that allow personal accounts do not exist in national clouds.',
  },
  {
    applies: ({ audience, operation }) => operation === 'application' && audience === 'consumers',
    excluded: 'Personal accounts have no application permissions.',
  },
  {
    applies: ({ audience, operation }) => operation === 'application' && audience === 'common',
    excluded: 'A registration that allows personal accounts has no application permissions.',
  },
  {
    applies: ({ audience, credential }) => credential !== 'secret' && audience === 'consumers',
    excluded: 'Entra refuses a client assertion made for personal accounts; use a client secret.',
  },
  // An assertion must name one token endpoint, and the code of a person whose kind is not known yet is redeemed at `common`.
  {
    applies: ({ audience, credential }) => credential !== 'secret' && audience === 'common',
    excluded: 'Entra refuses a client assertion made for "common"; use a client secret, or the audience "organizations".',
  },
  { applies: ({ cloud, credential }) => cloud !== 'global' && credential === 'managedIdentity' },
]

export function capabilityOf(combination: Combination): Capability {
  const rule = rules.find(({ applies }) => applies(combination))
  if (!rule) return 'confirmed'
  return rule.excluded === undefined ? 'unconfirmed' : { excluded: rule.excluded }
}
