import { afterEach, describe, expect, it } from 'vitest'

import { signInAtImap } from '../../../shared/diagnosis/imap-sign-in.ts'
import { signInAtPop } from '../../../shared/diagnosis/pop-sign-in.ts'
import type { SignIn, SignInAttempt } from '../../../shared/diagnosis/sign-in.ts'
import { signInAtSmtp } from '../../../shared/diagnosis/smtp-sign-in.ts'
import type { MailProtocol } from '../../../shared/oauth/xoauth2.ts'
import { flood, script, startTinyServer, type TinyServer, untrusted } from './tiny-server.ts'

const TOKEN = 'a-token-that-nobody-may-see'
const attempt = ({ host, port }: { host: string; port: number }, more: Partial<SignInAttempt> = {}): SignInAttempt => ({
  host,
  port,
  username: 'adele@contoso.test',
  accessToken: TOKEN,
  timeoutMs: 10_000,
  ...more,
})

const clients: [MailProtocol, SignIn][] = [
  ['imap', signInAtImap],
  ['pop', signInAtPop],
  ['smtp', signInAtSmtp],
]

let server: TinyServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})
const start = async (...options: Parameters<typeof startTinyServer>) => {
  server = await startTinyServer(...options)
  return server
}

describe.each(clients)('a sign-in at a bad %s server', (protocol, signIn) => {
  it('is not connected when nobody listens', async () => {
    const { host, port, close } = await startTinyServer(protocol, () => {})
    await close()

    expect(await signIn(attempt({ host, port }))).toEqual({ ok: false, stage: 'connect' })
  })

  it('is not connected when the host has no address', async () => {
    expect(await signIn(attempt({ host: 'nowhere.invalid', port: 1 }))).toEqual({ ok: false, stage: 'connect' })
  })

  it('ends in time with a server that never answers, and closes the connection', async () => {
    const { left, ...endpoint } = await start(protocol, () => {})

    expect(await signIn(attempt(endpoint, { timeoutMs: 150 }))).toEqual({ ok: false, stage: 'timeout' })
    await left
  })

  it('ends with a server that speaks something else', async () => {
    const { left, ...endpoint } = await start(protocol, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))

    expect(await signIn(attempt(endpoint))).toEqual({ ok: false, stage: protocol === 'smtp' ? 'tls' : 'authenticate' })
    await left
  })

  it('ends with a line that has no end', async () => {
    const { left, ...endpoint } = await start(protocol, flood('x'.repeat(16_384)))

    const outcome = await signIn(attempt(endpoint))

    expect(outcome).toEqual({ ok: false, stage: protocol === 'smtp' ? 'tls' : 'authenticate' })
    await left
  })

  it('ends with lines that have no end', async () => {
    const { left, ...endpoint } = await start(protocol, flood('* 1 EXISTS\r\n'.repeat(1000)))

    const outcome = await signIn(attempt(endpoint))

    expect(outcome).toEqual({ ok: false, stage: protocol === 'smtp' ? 'tls' : 'authenticate' })
    await left
  })

  it('ends when the server hangs up', async () => {
    const endpoint = await start(protocol, (socket) => socket.destroy())

    expect(await signIn(attempt(endpoint))).toMatchObject({ ok: false, stage: expect.stringMatching(/tls|authenticate/) })
  })

  it.each(['\r\nQUIT', '\n', '\u0001auth=Bearer other', '\u0000'])('is not tried with a control character: %j', async (text) => {
    const { received, ...endpoint } = await start(protocol, script('220 ready'))

    expect(await signIn(attempt(endpoint, { username: `adele${text}` }))).toEqual({ ok: false, stage: 'authenticate' })
    expect(await signIn(attempt(endpoint, { accessToken: `token${text}` }))).toEqual({ ok: false, stage: 'authenticate' })
    expect(received()).toBe('')
  })
})

describe.each(clients.filter(([protocol]) => protocol !== 'smtp'))('TLS at an %s server', (protocol, signIn) => {
  it('is refused when nobody trusts the certificate', async () => {
    const { received, ...endpoint } = await start(protocol, () => {}, await untrusted())

    expect(await signIn(attempt(endpoint))).toEqual({ ok: false, stage: 'tls' })
    expect(received()).toBe('')
  })

  it('is refused when the server does not speak it', async () => {
    const endpoint = await start('smtp', script('* OK ready'))

    expect(await signIn(attempt(endpoint, { timeoutMs: 2000 }))).toEqual({ ok: false, stage: 'tls' })
  })
})

describe('STARTTLS', () => {
  const GREETING = '220 smtp.contoso.test ready'
  const noAuth = (sent: string) => {
    expect(sent).not.toMatch(/AUTH/i)
    expect(sent).not.toContain(Buffer.from(TOKEN).toString('base64').slice(0, 12))
  }

  it('is demanded when it was stripped from the offers, and nothing is sent without it', async () => {
    const { received, ...endpoint } = await start(
      'smtp',
      script(GREETING, '250-smtp.contoso.test Hello\r\n250 AUTH XOAUTH2', '502 5.5.1 Not implemented', '221 bye'),
    )

    expect(await signInAtSmtp(attempt(endpoint))).toEqual({ ok: false, stage: 'tls', serverCode: '502 5.5.1' })
    noAuth(received())
  })

  it('is not replaced by a greeting of HELO', async () => {
    const { received, ...endpoint } = await start('smtp', script(GREETING, '502 5.5.1 Not implemented', '250 Hello'))

    expect(await signInAtSmtp(attempt(endpoint))).toMatchObject({ ok: false, stage: 'tls' })
    noAuth(received())
  })

  it('fails when the handshake does not come', async () => {
    const { received, ...endpoint } = await start('smtp', script(GREETING, '250 STARTTLS', '220 go ahead', 'not TLS'))

    expect(await signInAtSmtp(attempt(endpoint))).toEqual({ ok: false, stage: 'tls' })
    noAuth(received())
  })

  it('is told apart from a server that is busy', async () => {
    const endpoint = await start('smtp', script('421 4.3.2 Service not available'))

    expect(await signInAtSmtp(attempt(endpoint))).toEqual({ ok: false, stage: 'tls', serverCode: '421 4.3.2' })
  })
})

describe('what a server says', () => {
  const pop = (...answers: string[]) => start('pop', script('+OK ready', '+ ', ...answers))

  it('counts only after the mailbox was opened', async () => {
    const endpoint = await pop('+OK User successfully authenticated.', '-ERR User is authenticated but not connected.')

    const outcome = await signInAtPop(attempt(endpoint))

    expect(outcome).toMatchObject({ ok: false, stage: 'authenticate', serverCode: '-ERR' })
    expect(outcome).toHaveProperty('serverText', '-ERR User is authenticated but not connected.')
  })

  it('is kept from logs', async () => {
    const outcome = await signInAtPop(attempt(await pop('-ERR Go away.')))

    expect(outcome).toHaveProperty('serverText', '-ERR Go away.')
    expect(JSON.stringify(outcome)).toBe('{"ok":false,"stage":"authenticate","serverCode":"-ERR"}')
  })

  it.each([
    ['as it came', (token: string) => token],
    [
      'in base64',
      (token: string) => Buffer.from(`user=adele@contoso.test\u0001auth=Bearer ${token}`.repeat(2)).toString('base64'),
    ],
  ])('is dropped when it holds the token %s', async (_case, echo) => {
    const outcome = await signInAtPop(attempt(await pop(`-ERR You sent ${echo(TOKEN)}`)))

    expect(outcome).toMatchObject({ ok: false, serverCode: '-ERR' })
    expect(outcome).toHaveProperty('serverText', undefined)
  })

  it('may explain itself before it refuses', async () => {
    const { received, ...endpoint } = await pop('+ eyJzdGF0dXMiOiI0MDAifQ==', '-ERR Authentication failure')

    expect(await signInAtPop(attempt(endpoint))).toMatchObject({ ok: false, serverCode: '-ERR' })
    expect(received().endsWith('\r\n*\r\n')).toBe(true)
  })

  it('is not waited for after the sign-in', async () => {
    const { left, ...endpoint } = await pop('+OK User successfully authenticated.', '+OK 0 0', '')

    expect(await signInAtPop(attempt(endpoint, { timeoutMs: 500 }))).toEqual({ ok: true })
    await left
  })

  it('proves nothing when it did not ask for a sign-in', async () => {
    const { received, ...endpoint } = await start('imap', (socket) => {
      socket.write('* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n')
      socket.on('data', (line) => socket.write(`${line.toString().split(' ')[0]} OK done\r\n`))
    })

    expect(await signInAtImap(attempt(endpoint))).toEqual({ ok: false, stage: 'authenticate' })
    expect(received()).not.toContain('AUTHENTICATE')
  })

  it('may let a person in and still not open the mailbox', async () => {
    const endpoint = await start(
      'imap',
      script(
        '* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR NAMESPACE] ready',
        '1 OK AUTHENTICATE completed.',
        '* CAPABILITY IMAP4rev1 NAMESPACE\r\n2 OK CAPABILITY completed.',
        '3 BAD User is authenticated but not connected.',
      ),
    )

    const outcome = await signInAtImap(attempt(endpoint))

    expect(outcome).toMatchObject({ ok: false, stage: 'authenticate', serverCode: 'BAD' })
    expect(outcome).toHaveProperty('serverText', expect.stringContaining('authenticated but not connected'))
  })
})
