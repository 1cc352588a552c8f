import { mkdirSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { join } from 'node:path'

/** Azure Storage on loopback. The URLs end with the account name; with TLS they are https. */
export interface Azurite {
  tableUrl: string
  queueUrl: string
  blobUrl: string
  /** Shared key; also good when identity tokens are accepted. */
  connectionString: string
  /** Stops the servers; what a folder holds is complete on disk afterwards. */
  close(): Promise<void>
}

export interface AzuriteOptions {
  /** State is kept in `{folder}/azurite`; in memory without it. */
  folder?: string
  /** PEM certificate and key; plain HTTP without it. */
  tls?: { cert: string; key: string }
  /** Accept identity tokens: `iss` starting `https://sts.windows.net/`, `aud` `https://storage.azure.com`. Needs `tls`. */
  oauth?: boolean
}

interface Server {
  start(): Promise<void>
  close(): Promise<void>
  getHttpServerAddress(): string
}
type Configuration = object
type ServerClass = new (configuration: Configuration) => Server
type ConfigurationClass = new (...args: unknown[]) => Configuration

interface Library {
  servers: Record<Service, ServerClass>
  configurations: Record<Service, ConfigurationClass>
  account: { name: string; key: string }
}

const SERVICES = ['table', 'queue', 'blob'] as const
type Service = (typeof SERVICES)[number]
const KEEP_ALIVE_SECONDS = 65

/** Starts tables, queues and blobs in this process, each on a free port. */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  if (options.oauth && !options.tls) throw new Error('Azurite accepts identity tokens over TLS only.')
  const library = loadLibrary()
  const folder = options.folder && join(options.folder, 'azurite')
  if (folder) mkdirSync(folder, { recursive: true })

  const servers = SERVICES.map((service) => new library.servers[service](configure(library, service, folder, options)))
  await Promise.all(servers.map((server) => server.start()))

  const { account } = library
  const [tableUrl, queueUrl, blobUrl] = servers.map((server) => `${server.getHttpServerAddress()}/${account.name}`) as [
    string,
    string,
    string,
  ]
  const connectionString = [
    `DefaultEndpointsProtocol=${options.tls ? 'https' : 'http'}`,
    `AccountName=${account.name}`,
    `AccountKey=${account.key}`,
    `TableEndpoint=${tableUrl}`,
    `QueueEndpoint=${queueUrl}`,
    `BlobEndpoint=${blobUrl}`,
  ].join(';')
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()))
  }
  return { tableUrl, queueUrl, blobUrl, connectionString, close }
}

/** The constructors are positional (azurite is pinned exactly): the order below is theirs. */
function configure(library: Library, service: Service, folder: string | undefined, options: AzuriteOptions): Configuration {
  const database = join(folder ?? '.', `${service}.json`)
  const extents = [join(folder ?? '.', `${service}-extents.json`), [extentStore(service, folder)]]
  const logs = service === 'table' ? [false, false, undefined, undefined] : [false, undefined, false, undefined]
  const loose = false
  const skipApiVersionCheck = true
  const productStyleUrlOff = false
  const configuration = new library.configurations[service](
    '127.0.0.1',
    0,
    KEEP_ALIVE_SECONDS,
    database,
    ...(service === 'table' ? [] : extents),
    ...logs,
    loose,
    skipApiVersionCheck,
    options.tls?.cert ?? '',
    options.tls?.key ?? '',
    '',
    options.oauth ? 'basic' : undefined,
    productStyleUrlOff,
    folder === undefined,
  )
  // Azurite takes names of files and reads them here; the key need not touch the disk.
  return options.tls ? Object.assign(configuration, { getCert: () => options.tls }) : configuration
}

function extentStore(service: Service, folder: string | undefined) {
  return { locationId: 'Default', locationPath: join(folder ?? '.', service), maxConcurrency: 50 }
}

function loadLibrary(): Library {
  const require = createRequire(import.meta.url)
  const load = (path: string) => require(`azurite/dist/src/${path}`)
  return withoutTelemetryPackage(() => {
    load('common/Logger').configLogger(false)
    const constants = load('common/utils/constants')
    return {
      servers: {
        table: load('table/TableServer').default,
        queue: load('queue/QueueServer').default,
        blob: load('blob/BlobServer').default,
      },
      configurations: {
        table: load('table/TableConfiguration').default,
        queue: load('queue/QueueConfiguration').default,
        blob: load('blob/BlobConfiguration').default,
      },
      account: { name: constants.EMULATOR_ACCOUNT_NAME, key: constants.EMULATOR_ACCOUNT_KEY.toString('base64') },
    }
  })
}

/** Azurite loads `applicationinsights` but uses it from its command line only; it is half of the loading time. */
function withoutTelemetryPackage<T>(work: () => T): T {
  const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown }
  const original = loader._load
  loader._load = (request, ...rest) => (request === 'applicationinsights' ? {} : original.call(loader, request, ...rest))
  try {
    return work()
  } finally {
    loader._load = original
  }
}
