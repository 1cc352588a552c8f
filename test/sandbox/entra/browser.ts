import { people } from '../../../sandbox/people.ts'

/** Where the browser ends up outside the provider: the answer to the application. */
export interface Landing {
  /** `POST` for response_mode=form_post. */
  method: 'GET' | 'POST'
  /** With its query or fragment, as the browser would open it. */
  url: URL
  /** The answer's fields, wherever they travel: query, fragment or form. */
  params: URLSearchParams
}

/** A page that leads nowhere by itself: an error, or a form that the options do not answer. */
export class StoppedOnPage extends Error {
  readonly html: string
  readonly status: number
  /** AADSTS number, where the page shows one. */
  readonly code: number | undefined

  constructor(status: number, html: string) {
    const code = /data-code="(\d+)"/.exec(html)?.[1]
    super(`The sign-in stopped on the page "${/<title>(.*?)<\/title>/.exec(html)?.[1]}" (${code ?? 'no code'}).`)
    this.html = html
    this.status = status
    this.code = code === undefined ? undefined : Number(code)
  }
}

export interface SignInOptions {
  /** Cancel the consent page instead of accepting it. */
  accept?: boolean
  /** Tick "Consent on behalf of your organization". */
  forEveryone?: boolean
  password?: string
  /** Do not approve the second factor. */
  approve?: boolean
  /** On "Need admin approval": go back to the application, or let this person take over. Without it the driver stops there. */
  needApproval?: 'leave' | { administrator: string }
  /** Called with each page on the way, for tests that look at them. */
  onPage?: (html: string) => void
}

interface Form {
  action: URL
  method: string
  fields: [string, string][]
  html: string
}

/** A browser without a screen: keeps cookies, follows the provider's redirects and fills its forms. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>()

  /** What this browser would send to a host under this name. */
  cookie(url: URL, name: string): string | undefined {
    return this.#cookies.get(url.hostname)?.get(name)
  }

  /** Fetches without following redirects, with this browser's cookies. */
  async fetch(url: URL, init: RequestInit = {}): Promise<Response> {
    const jar = this.#cookies.get(url.hostname) ?? new Map<string, string>()
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...init.headers, ...(cookie ? { cookie } : {}) },
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      jar.set(name, value)
    }
    this.#cookies.set(url.hostname, jar)
    return response
  }

  /**
   * Opens an authorize (or admin consent) URL and acts as the person until the browser leaves the provider.
   *
   * @param login e-mail address of the person
   * @throws StoppedOnPage
   */
  async signIn(authorizeUrl: string | URL, login: string, options: SignInOptions = {}): Promise<Landing> {
    const start = new URL(authorizeUrl)
    let as = login
    let response = await this.fetch(start)
    // Sign-in, picker, second factor, approval, consent, and once more for an administrator: a loop would be longer.
    for (let steps = 0; steps < 10; steps++) {
      const location = response.headers.get('location')
      if (location) {
        const url = new URL(location, start)
        if (url.origin !== start.origin) return landing(url)
        response = await this.fetch(url)
        continue
      }
      const html = await response.text()
      options.onPage?.(html)
      const form = readForm(html, start)
      if (form && form.action.origin !== start.origin)
        return { method: 'POST', url: form.action, params: new URLSearchParams(form.fields) }
      const answer = form && answerForm(form, as, options)
      if (!form || !answer) throw new StoppedOnPage(response.status, html)
      if (form.action.pathname.endsWith('/approval') && typeof options.needApproval === 'object')
        as = options.needApproval.administrator
      response = await this.fetch(form.action, { method: 'POST', body: new URLSearchParams([...form.fields, ...answer]) })
    }
    throw new Error('The sign-in goes in circles.')
  }
}

/** {@link Browser.signIn} in a new browser. */
export function signIn(authorizeUrl: string | URL, login: string, options?: SignInOptions): Promise<Landing> {
  return new Browser().signIn(authorizeUrl, login, options)
}

function landing(url: URL): Landing {
  return { method: 'GET', url, params: url.hash ? new URLSearchParams(url.hash.slice(1)) : url.searchParams }
}

/** What a person enters in the form, or undefined where the driver stops. */
function answerForm(form: Form, login: string, options: SignInOptions): [string, string][] | undefined {
  switch (form.action.pathname.split('/').at(-1)) {
    case 'login':
      // A form that comes back with a problem would come back for ever.
      if (form.html.includes('data-code')) return undefined
      return [
        ['login', login],
        ['password', options.password ?? 'sandbox'],
      ]
    case 'account': {
      const oid = people.find((person) => person.userPrincipalName === login)?.oid ?? ''
      return [['account', form.html.includes(`value="${oid}"`) ? oid : 'other']]
    }
    case 'mfa':
      return options.approve === false ? undefined : []
    case 'approval':
      if (!options.needApproval) return undefined
      return [['decision', options.needApproval === 'leave' ? 'leave' : 'other']]
    case 'consent':
      return [
        ['decision', options.accept === false ? 'cancel' : 'accept'],
        ...(options.forEveryone ? ([['for_everyone', 'true']] as [string, string][]) : []),
      ]
    default:
      return undefined
  }
}

function readForm(html: string, base: URL): Form | undefined {
  const [, attributes = '', body = ''] = /<form([^>]*)>([\s\S]*?)<\/form>/.exec(html) ?? []
  const action = attribute(attributes, 'action')
  if (!action) return undefined
  const fields = [...body.matchAll(/<input([^>]*)>/g)]
    .map(([, input = '']) => input)
    .filter((input) => attribute(input, 'type') === 'hidden')
    .map((input): [string, string] => [attribute(input, 'name'), attribute(input, 'value')])
  return { action: new URL(action, base), method: attribute(attributes, 'method'), fields, html }
}

function attribute(tag: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? ''
  return value.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}
