import { existsSync } from 'node:fs'

import { type Browser, chromium } from 'playwright-core'

/**
 * A real Chromium: the one that comes with npm on Linux x64, an installed Chrome elsewhere. `hosts` maps names to loopback, so that pages of
 * different sites are different sites to the browser too.
 */
export async function launchChromium(hosts: Record<string, string> = {}): Promise<Browser> {
  const rules = Object.entries(hosts).map(([name, target]) => `MAP ${name} ${target}`)
  // Nothing that calls home; the sandbox's certificate is throw-away.
  const quiet = [
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  const args = [...quiet, `--host-resolver-rules=${rules.join(', ')}`]
  if (process.platform === 'linux' && process.arch === 'x64') {
    const { default: packed } = await import('@sparticuz/chromium')
    const executablePath = await packed.executablePath()
    if (!existsSync(executablePath)) throw new Error('Chromium could not be unpacked.')
    // Not the package's own arguments: its single process does not outlive the first closed context.
    return chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', '--disable-gpu', ...args] })
  }
  return chromium.launch({ channel: 'chrome', headless: true, args })
}
