import { execFile } from 'node:child_process'
import { accessSync, constants, cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

export const infraFolder = join(root, 'infra')

const PACKAGE = 'Azure.Bicep.CommandLine.linux-x64'
const VERSION = '0.49.2'
const cached = join(root, 'node_modules/.cache/bicep', VERSION, 'bicep')

/** A restore that takes longer has no way to the registry. */
const RESTORE_TIMEOUT_MS = 60_000

/** A resource as a deployment would send it; what only Azure knows stays an expression in brackets. */
export interface Resource {
  id: string
  type: string
  name: string
  kind?: string
  sku?: Record<string, string>
  identity?: { type: string }
  properties: Record<string, unknown>
}

export interface Bicep {
  /** Compiles a file of `infra/`; answers the ARM JSON and every line that the compiler complained with. */
  compile(file: string): Promise<{ template: unknown; complaints: string[] }>
  /** Evaluates a deployment, offline: a parameters file of `infra/`, and lines that are added to it. */
  evaluate(parameters: string, lines?: string): Promise<Resource[]>
}

/** Why tests are skipped, for the end of their titles; nothing where there is a compiler. */
export const skippedWithout = (bicep: Bicep | undefined) =>
  bicep ? '' : ' (skipped: no Bicep compiler on the PATH, by `az bicep install`, or by `dotnet restore`)'

/** The compiler: on the PATH, else the one of `az bicep install`, else the NuGet package by way of `dotnet restore`, else none. */
export async function findBicep(): Promise<Bicep | undefined> {
  for (const command of ['bicep', join(homedir(), '.azure/bin/bicep'), cached]) if (await works(command)) return bicep(command)
  return (await restore()) && (await works(cached)) ? bicep(cached) : undefined
}

/** Older compilers cannot evaluate a deployment. */
async function works(command: string): Promise<boolean> {
  return run(command, ['snapshot', '--help']).then(
    () => true,
    () => false,
  )
}

async function restore(): Promise<boolean> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false
  const folder = mkdtempSync(join(tmpdir(), 'bicep-'))
  try {
    writeFileSync(join(folder, 'fetch.csproj'), project)
    const env = { ...process.env, DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1' }
    await run('dotnet', ['restore', '--packages', 'packages'], { cwd: folder, env, timeout: RESTORE_TIMEOUT_MS })
    const compiler = join(folder, 'packages', PACKAGE.toLowerCase(), VERSION, 'tools/bicep')
    accessSync(compiler, constants.X_OK)
    mkdirSync(join(cached, '..'), { recursive: true })
    // Two test files may arrive here together; a rename in one folder is seen whole or not at all.
    const arriving = `${cached}-${process.pid}`
    cpSync(compiler, arriving)
    renameSync(arriving, cached)
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// A target without implicit references, so that nothing but the compiler is fetched.
const project = `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>netstandard2.0</TargetFramework>
    <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
  </PropertyGroup>
  <ItemGroup><PackageDownload Include="${PACKAGE}" Version="[${VERSION}]" /></ItemGroup>
</Project>
`

function bicep(command: string): Bicep {
  const options = { maxBuffer: 64 * 1_048_576 }
  return {
    async compile(file) {
      const verb = file.endsWith('.bicepparam') ? 'build-params' : 'build'
      const { stdout, stderr } = await run(command, [verb, join(infraFolder, file), '--stdout'], options).catch(
        (failed: { stdout: string; stderr: string }) => failed,
      )
      const complaints = stderr.split('\n').filter((line) => / : (Error|Warning|Info) /.test(line))
      return { template: stdout ? JSON.parse(stdout) : undefined, complaints }
    },
    async evaluate(parameters, lines = '') {
      const folder = mkdtempSync(join(tmpdir(), 'infra-'))
      try {
        // The compiler writes its answer beside its input.
        cpSync(infraFolder, folder, { recursive: true })
        const text = readFileSync(join(infraFolder, parameters), 'utf8')
        writeFileSync(join(folder, 'evaluated.bicepparam'), `${text}\n${lines}\n`)
        await run(command, ['snapshot', join(folder, 'evaluated.bicepparam'), '--mode', 'overwrite', ...target], options)
        return JSON.parse(readFileSync(join(folder, 'evaluated.snapshot.json'), 'utf8')).predictedResources
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

const target = [
  ...['--tenant-id', '00000000-0000-0000-0000-00000000000a'],
  ...['--subscription-id', '00000000-0000-0000-0000-00000000000b'],
  ...['--resource-group', 'gateway', '--location', 'westeurope'],
]
