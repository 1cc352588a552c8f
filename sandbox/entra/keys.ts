import { createPublicKey, type KeyObject, randomBytes, verify } from 'node:crypto'

import { exportJWK, generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose'

import type { State } from '../state.ts'
import type { EntraState, SigningKey } from './state.ts'

/** The RSA keys that sign tokens (RS256). The newest signs; older ones still verify and stay published. */
export class KeyRing {
  readonly #state: State<EntraState>
  readonly #private = new Map<string, CryptoKey>()
  readonly #public = new Map<string, KeyObject>()

  private constructor(state: State<EntraState>) {
    this.#state = state
  }

  static async open(state: State<EntraState>): Promise<KeyRing> {
    const ring = new KeyRing(state)
    for (const key of state.value.signingKeys) await ring.#load(key)
    if (state.value.signingKeys.length === 0) await ring.rotate()
    return ring
  }

  /** Adds a key, which signs from now on. */
  async rotate(): Promise<void> {
    const pair = await generateKeyPair('RS256', { extractable: true })
    const [privateJwk, publicJwk] = await Promise.all([exportJWK(pair.privateKey), exportJWK(pair.publicKey)])
    const key = { kid: randomBytes(20).toString('base64url'), privateJwk, publicJwk }
    await this.#load(key)
    this.#state.value.signingKeys.push(key)
    this.#state.changed()
  }

  async #load(key: SigningKey): Promise<void> {
    this.#private.set(key.kid, (await importJWK(key.privateJwk, 'RS256')) as CryptoKey)
    this.#public.set(key.kid, createPublicKey({ key: { ...key.publicJwk }, format: 'jwk' }))
  }

  /** Signs claims that carry their own iat, nbf and exp. */
  sign(claims: JWTPayload): Promise<string> {
    const { kid } = this.#state.value.signingKeys.at(-1)!
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT', x5t: kid }).sign(this.#private.get(kid)!)
  }

  /**
   * The claims of a JWT signed by one of these keys, else undefined; times are not looked at. Synchronous, so that the other
   * stand-ins can ask in the middle of a request; jose has no synchronous verification.
   */
  verify(token: string): JWTPayload | undefined {
    const [header, payload, signature, more] = token.split('.')
    if (!header || !payload || !signature || more !== undefined) return undefined
    try {
      const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg?: string; kid?: string }
      const key = this.#public.get(kid ?? '')
      const signed = Buffer.from(`${header}.${payload}`)
      if (alg !== 'RS256' || !key || !verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))) return undefined
      return JSON.parse(Buffer.from(payload, 'base64url').toString()) as JWTPayload
    } catch {
      return undefined
    }
  }

  /** The published keys (RFC 7517); Entra gives no `alg`, and names the issuer of each key. */
  jwks(origin: string): { keys: object[] } {
    const issuer = `${origin}/{tenantid}/v2.0`
    return {
      keys: this.#state.value.signingKeys.map(({ kid, publicJwk }) => ({ ...publicJwk, use: 'sig', kid, x5t: kid, issuer })),
    }
  }
}
