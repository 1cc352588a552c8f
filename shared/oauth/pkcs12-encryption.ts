import { createDecipheriv, createHmac, hash, pbkdf2, timingSafeEqual } from 'node:crypto'
import { setImmediate as otherWork } from 'node:timers/promises'
import { promisify } from 'node:util'

import { type BerValue, childrenOf, integerOf, octetsOf, oidOf, tags } from './ber.ts'

/** Why the bytes give nothing, although they may be a PFX: `encryption` is one that is outdated or not known here. */
export type Pkcs12Problem = 'password' | 'encryption' | 'iterations' | 'unprotected'

export class Pkcs12Error extends Error {
  readonly problem: Pkcs12Problem

  constructor(problem: Pkcs12Problem, cause?: unknown) {
    super(`The PFX cannot be opened: ${problem}.`, { cause })
    this.name = 'Pkcs12Error'
    this.problem = problem
  }
}

/**
 * Iterations of key derivation that one file may ask for in all: three parts of 600,000, more than any tool sets by default, take about a
 * second; without a bound a few bytes could keep a core busy for hours.
 */
const MAX_ITERATIONS = 2_000_000
/** Rounds of the MAC's derivation between two looks at other work. */
const ROUNDS_AT_ONCE = 5_000

/** What one file may still spend. */
export class IterationBudget {
  #left = MAX_ITERATIONS

  take(iterations: number): number {
    this.#left -= iterations
    if (iterations < 1 || this.#left < 0) throw new Pkcs12Error('iterations')
    return iterations
  }
}

/** Hash functions of the MAC, by OID, with the block length that RFC 7292 §B.2 calls v/8. */
const macHashes: Record<string, { name: string; blockBytes: number }> = {
  '1.3.14.3.2.26': { name: 'sha1', blockBytes: 64 },
  '2.16.840.1.101.3.4.2.1': { name: 'sha256', blockBytes: 64 },
  '2.16.840.1.101.3.4.2.2': { name: 'sha384', blockBytes: 128 },
  '2.16.840.1.101.3.4.2.3': { name: 'sha512', blockBytes: 128 },
}

const pseudoRandomFunctions: Record<string, string> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}

const ciphers: Record<string, { name: string; keyBytes: number }> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 },
}

const PBES2 = '1.2.840.113549.1.5.13'
const PBKDF2 = '1.2.840.113549.1.5.12'
const IV_BYTES = 16

/**
 * Checks the MAC over the contents: the sign that the password is right.
 *
 * @throws {@link Pkcs12Error} `password`, `encryption` for an unknown hash, `iterations`
 * @see {@link https://www.rfc-editor.org/rfc/rfc7292#section-4 RFC 7292 §4}
 */
export async function checkMac(macData: BerValue, content: Buffer, password: string, budget: IterationBudget): Promise<void> {
  const [digestInfo, salt, iterations] = childrenOf(macData)
  const [algorithm, digest] = childrenOf(digestInfo)
  const found = macHashes[oidOf(childrenOf(algorithm)[0])]
  if (!found) throw new Pkcs12Error('encryption')
  const count = iterations === undefined ? 1 : integerOf(iterations)
  for (const encoded of encodePassword(password)) {
    const key = await deriveMacKey(found, encoded, octetsOf(salt), budget.take(count))
    const mac = createHmac(found.name, key).update(content).digest()
    const expected = octetsOf(digest)
    if (mac.length === expected.length && timingSafeEqual(mac, expected)) return
  }
  throw new Pkcs12Error('password')
}

/** BMPString with its end (RFC 7292 §B.1); no password is written as an empty text by some tools, as nothing by others. */
function encodePassword(password: string): Buffer[] {
  const encoded = Buffer.from(`${password}\0`, 'utf16le').swap16()
  return password === '' ? [encoded, Buffer.alloc(0)] : [encoded]
}

/** RFC 7292 §B.2 with ID 3: a MAC key is as long as the hash, so the first block is all of it. */
async function deriveMacKey(
  { name, blockBytes }: { name: string; blockBytes: number },
  password: Buffer,
  salt: Buffer,
  iterations: number,
): Promise<Buffer> {
  const fill = (bytes: Buffer) => Buffer.alloc(Math.ceil(bytes.length / blockBytes) * blockBytes, bytes)
  let key = Buffer.concat([Buffer.alloc(blockBytes, 3), fill(salt), fill(password)])
  for (let round = 1; round <= iterations; round += 1) {
    key = hash(name, key, 'buffer')
    if (round % ROUNDS_AT_ONCE === 0) await otherWork()
  }
  return key
}

/**
 * Decrypts by PBES2 with PBKDF2 and AES-CBC; everything else counts as outdated.
 *
 * @throws {@link Pkcs12Error} `encryption`, `password`, `iterations`
 * @see {@link https://www.rfc-editor.org/rfc/rfc8018#section-6.2 RFC 8018 §6.2}
 */
export async function decrypt(
  algorithm: BerValue | undefined,
  encrypted: Buffer,
  password: string,
  budget: IterationBudget,
): Promise<Buffer> {
  const [scheme, parameters] = childrenOf(algorithm)
  if (oidOf(scheme) !== PBES2) throw new Pkcs12Error('encryption')
  const [derivation, encryption] = childrenOf(parameters)
  const [derivationScheme, derivationParameters] = childrenOf(derivation)
  const [encryptionScheme, iv] = childrenOf(encryption)
  const cipher = ciphers[oidOf(encryptionScheme)]
  if (oidOf(derivationScheme) !== PBKDF2 || !cipher) throw new Pkcs12Error('encryption')

  const [salt, iterations, ...optional] = childrenOf(derivationParameters)
  // The key length between them is that of the cipher; the default function is HMAC with SHA-1 (RFC 8018 §A.2).
  const prf = optional.find(({ tag }) => tag === tags.sequence)
  const digest = prf ? pseudoRandomFunctions[oidOf(childrenOf(prf)[0])] : 'sha1'
  const vector = octetsOf(iv)
  if (!digest || vector.length !== IV_BYTES) throw new Pkcs12Error('encryption')
  const count = budget.take(integerOf(iterations))
  const key = await promisify(pbkdf2)(Buffer.from(password), octetsOf(salt), count, cipher.keyBytes, digest)
  try {
    const decipher = createDecipheriv(cipher.name, key, vector)
    return Buffer.concat([decipher.update(encrypted), decipher.final()])
  } catch (cause) {
    throw new Pkcs12Error('password', cause)
  } finally {
    key.fill(0)
  }
}
