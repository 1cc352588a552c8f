import { setClockOffset } from '../clock.ts'

/** Follows the clock that the sandbox keeps: its offset at the start, then what it posts to this host's control URL. */
export class ClockLink {
  readonly #clock: URL

  constructor(url: string) {
    this.#clock = new URL('clock', url.endsWith('/') ? url : `${url}/`)
  }

  /** Takes over the present offset. */
  async follow(): Promise<void> {
    const { offsetMs } = (await (await this.#request(this.#clock, {})).json()) as { offsetMs: number }
    setClockOffset(offsetMs)
  }

  /** Has this host told of each change; a change that came just before is not missed. */
  async register(control: string): Promise<void> {
    await this.#send('POST', control)
    await this.follow()
  }

  async unregister(control: string): Promise<void> {
    await this.#send('DELETE', control)
  }

  #send(method: string, control: string): Promise<Response> {
    const headers = { 'content-type': 'application/json' }
    return this.#request(new URL(`${this.#clock}/hosts`), { method, headers, body: JSON.stringify({ control }) })
  }

  async #request(url: URL, init: RequestInit): Promise<Response> {
    const response = await fetch(url, init)
    if (!response.ok) throw new Error(`The clock at ${url} answered ${response.status}.`)
    return response
  }
}
