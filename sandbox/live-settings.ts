import { readFileSync } from 'node:fs'

/** The local part is told by settings; the client secret goes to a vault and never into the host's environment. */
export interface LiveSettings {
  /** For the host, without what {@link startLive} adds. No override of Microsoft's hosts among them. */
  settings: Record<string, string>
  /** Absent when `KEY_VAULT_URL` names a vault of its own. */
  clientSecret?: { name: string; value: string }
}

/** Names what must be mended in `local.settings.json`; never a value. */
export class LiveSettingsError extends Error {
  constructor(problems: string[]) {
    super(`npm start -- --live cannot begin. In local.settings.json:\n${problems.map((one) => `  ${one}`).join('\n')}`)
    this.name = 'LiveSettingsError'
  }
}

export const LIVE_CLIENT_SECRET = 'LIVE_CLIENT_SECRET'

/** With one of these set, the gateway would talk to somebody else than Microsoft. */
export const HOST_OVERRIDES = [
  'ENTRA_AUTHORITY_HOST',
  'GRAPH_ENDPOINT',
  'OUTLOOK_RESOURCE',
  'IMAP_ENDPOINT',
  'POP_ENDPOINT',
  'SMTP_ENDPOINT',
]

const DEFAULTS = { ENTRA_CREDENTIAL: 'secret:entra-client-secret', CALLER_IDENTITY: 'hostKey', REFRESH_SCHEDULE: '0 */5 * * * *' }

/** What `local.settings.sample.json` holds where a real value belongs. */
const PLACEHOLDER = /YOUR-VAULT|^00000000-0000-0000-0000-000000000000$/

type Environment = Record<string, string | undefined>

/** Reads the values of `local.settings.json`. @throws {@link LiveSettingsError} */
export function readLocalSettings(file: string): Record<string, string> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new LiveSettingsError(['the file is missing: copy local.settings.sample.json and fill it in'])
  }
  try {
    const { Values = {} } = JSON.parse(text) as { Values?: Record<string, unknown> }
    return Object.fromEntries(Object.entries(Values).map(([name, value]) => [name, String(value).trim()]))
  } catch {
    throw new LiveSettingsError(['the file is not JSON with an object "Values"'])
  }
}

/**
 * Checks what only this way of starting needs; the gateway itself checks the rest and names it. The client secret may also stand in the
 * environment.
 *
 * @throws {@link LiveSettingsError} naming everything at once
 */
export function liveSettings(values: Record<string, string>, environment: Environment, publicBaseUrl: URL): LiveSettings {
  const { [LIVE_CLIENT_SECRET]: inFile, ...rest } = values
  const settings: Record<string, string> = { ...DEFAULTS, ...withoutEmpty(rest) }
  const secret = inFile || environment[LIVE_CLIENT_SECRET]
  const ownVault = settings.KEY_VAULT_URL !== undefined && !PLACEHOLDER.test(settings.KEY_VAULT_URL)
  settings.PUBLIC_BASE_URL ??= publicBaseUrl.href

  const needed = ['ENTRA_CLIENT_ID', 'ENTRA_AUDIENCE'].filter((name) => !settings[name]).map((name) => `${name} is missing`)
  if (!secret && !ownVault)
    needed.push(`${LIVE_CLIENT_SECRET} is missing (the value of the client secret; it may stand in the environment)`)
  const samples = Object.keys(settings)
    .filter((name) => PLACEHOLDER.test(settings[name] as string))
    .map((name) => `${name} still has the sample's value${name === 'KEY_VAULT_URL' ? '; without it, a local vault is used' : ''}`)
  const overrides = HOST_OVERRIDES.filter((name) => settings[name] || environment[name]).map(
    (name) => `${name} must not be set, here or in the environment: --live talks to Microsoft's own hosts`,
  )
  const problems = [...needed, ...samples, ...overrides, ...misplaced(settings, publicBaseUrl)]
  if (problems.length > 0) throw new LiveSettingsError(problems)

  // State is always local here, whatever the file says for `func start`.
  for (const name of Object.keys(settings)) if (name.startsWith('AzureWebJobsStorage')) delete settings[name]
  if (ownVault || !secret) return { settings }
  return { settings, clientSecret: { name: settings.ENTRA_CREDENTIAL?.replace(/^secret:/, '') as string, value: secret } }
}

/** A browser that comes back from Microsoft to another port of this machine finds nobody. */
function misplaced(settings: Record<string, string>, { port }: URL): string[] {
  const given = URL.canParse(settings.PUBLIC_BASE_URL as string) ? new URL(settings.PUBLIC_BASE_URL as string) : undefined
  if (given?.hostname !== 'localhost' || given.port === port) return []
  return [`PUBLIC_BASE_URL has another port than the gateway, which listens on ${port} (--port)`]
}

function withoutEmpty(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
}
