import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { adele, appToken, ben, dial, openExchange, sales, tokenOf, xoauth2 } from './exchange-fixture.ts'

const REFUSED = '-ERR Authentication failure: unknown user name or bad password.'

describe('POP', () => {
  let opened: Awaited<ReturnType<typeof openExchange>>
  beforeAll(async () => {
    opened = await openExchange()
  })
  beforeEach(() => opened.journal.clear())
  afterAll(() => opened.exchange.close())

  async function signIn(user: string, token: string) {
    const pop = await dial(opened.exchange.pop)
    expect(await pop.read()).toMatch(/^\+OK/)
    expect(await pop.say('AUTH XOAUTH2')).toBe('+ ')
    return { pop, answer: await pop.say(xoauth2(user, token)) }
  }
  const outcomes = () => opened.journal.list('exchange', { protocol: 'pop' }).map(({ facts }) => facts.refusal ?? facts.outcome)

  it('lets a person in, shows an empty mailbox and says goodbye', async () => {
    const { pop, answer } = await signIn(adele.mail, tokenOf(adele))

    expect(answer).toMatch(/^\+OK/)
    expect(await pop.say('STAT')).toBe('+OK 0 0')
    expect(await pop.say('LIST')).toBe('+OK 0 0')
    expect(await pop.read()).toBe('.')
    expect(await pop.say('NOOP')).toBe('+OK')
    expect(await pop.say('QUIT')).toMatch(/^\+OK/)
    expect(await pop.read()).toBeUndefined()
    expect(outcomes()).toEqual(['authenticated'])
  })

  it('names XOAUTH2 among its capabilities', async () => {
    const pop = await dial(opened.exchange.pop)
    await pop.read()
    await pop.say('CAPA')

    expect(await pop.readUntil(/^\.$/)).toContain('SASL PLAIN XOAUTH2')
    pop.hangUp()
  })

  it('lets in who may open the mailbox, an application too', async () => {
    for (const [user, token] of [
      [sales.mail, tokenOf(adele)],
      [ben.mail, appToken('POP.AccessAsApp')],
    ] as const) {
      const { pop, answer } = await signIn(user, token)
      expect(answer).toMatch(/^\+OK/)
      pop.hangUp()
    }
  })

  it.each([
    ['a token without the scope', 'permission', () => [adele.mail, tokenOf(adele, { scp: ['IMAP.AccessAsUser.All'] })]],
    ['a token for Graph', 'audience', () => [adele.mail, tokenOf(adele, { aud: 'https://graph.microsoft.com' })]],
    ["someone else's mailbox", 'mailbox', () => [ben.mail, tokenOf(adele)]],
  ])('refuses %s, after which the mailbox stays closed', async (_case, refusal, credentials) => {
    const [user, token] = credentials() as [string, string]
    const { pop, answer } = await signIn(user, token)

    expect(answer).toBe(REFUSED)
    expect(await pop.say('STAT')).toMatch(/^-ERR/)
    expect(outcomes()).toEqual([refusal])
    pop.hangUp()
  })

  it('refuses name and password', async () => {
    const pop = await dial(opened.exchange.pop)
    await pop.read()
    await pop.say(`USER ${adele.mail}`)

    expect(await pop.say('PASS sandbox')).toBe(REFUSED)
    expect(outcomes()).toEqual(['basic'])
    pop.hangUp()
  })

  it('closes the connection on a response in the same line, as Exchange does', async () => {
    const pop = await dial(opened.exchange.pop)
    await pop.read()

    expect(await pop.say(`AUTH XOAUTH2 ${xoauth2(adele.mail, tokenOf(adele))}`)).toMatch(/^-ERR Protocol error/)
    expect(await pop.read()).toBeUndefined()
  })
})
