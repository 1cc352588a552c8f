import { BerError, type BerValue, childrenOf, integerOf, octetsOf, oidOf, readBer, tags } from './ber.ts'
import { checkMac, decrypt, IterationBudget, Pkcs12Error } from './pkcs12-encryption.ts'

/** What a PFX holds, in the order of the file. */
export interface Pkcs12 {
  /** PKCS #8 (RFC 5208), in clear: to be forgotten soon. */
  privateKeys: Buffer[]
  /** X.509, DER. */
  certificates: Buffer[]
}

const VERSION = 3

const types = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
}

interface Opening {
  password: string
  budget: IterationBudget
}

/**
 * Opens a PFX (PKCS #12) in memory, by node:crypto: node-forge takes no other than ASCII passwords for AES, knows no bound for iterations and
 * derives keys on the thread that serves requests.
 *
 * @throws {@link Pkcs12Error} when it is a PFX that does not open, {@link BerError} when it is none
 * @see {@link https://www.rfc-editor.org/rfc/rfc7292#section-4 RFC 7292 §4}
 */
export async function readPkcs12(pfx: Buffer, password: string): Promise<Pkcs12> {
  const [version, authSafe, macData] = childrenOf(readBer(pfx))
  if (integerOf(version) !== VERSION) throw new Pkcs12Error('unprotected')
  const [type, content] = childrenOf(authSafe)
  // Otherwise integrity is by a signature, which needs a key of the sender's; without MAC there is none.
  if (oidOf(type) !== types.data || !macData) throw new Pkcs12Error('unprotected')
  const contents = octetsOf(explicit(content))
  const opening: Opening = { password, budget: new IterationBudget() }
  await checkMac(macData, contents, password, opening.budget)

  const found: Pkcs12 = { privateKeys: [], certificates: [] }
  for (const contentInfo of childrenOf(readBer(contents))) {
    const safe = await openSafe(contentInfo, opening)
    for (const bag of childrenOf(readBer(safe))) await openBag(bag, opening, found)
  }
  return found
}

/** The SafeContents of one ContentInfo. @see {@link https://www.rfc-editor.org/rfc/rfc7292#section-4.1 RFC 7292 §4.1} */
async function openSafe(contentInfo: BerValue, { password, budget }: Opening): Promise<Buffer> {
  const [type, content] = childrenOf(contentInfo)
  switch (oidOf(type)) {
    case types.data:
      return octetsOf(explicit(content))
    case types.encryptedData: {
      const [, encryptedContentInfo] = childrenOf(explicit(content))
      const [, algorithm, encrypted] = childrenOf(encryptedContentInfo)
      return decrypt(algorithm, octetsOf(encrypted, tags.implicit0), password, budget)
    }
    default:
      throw new Pkcs12Error('encryption')
  }
}

/** One SafeBag; kinds that hold neither key nor certificate are passed over. @see {@link https://www.rfc-editor.org/rfc/rfc7292#section-4.2 RFC 7292 §4.2} */
async function openBag(bag: BerValue, { password, budget }: Opening, found: Pkcs12): Promise<void> {
  const [type, wrapped] = childrenOf(bag)
  const value = explicit(wrapped)
  switch (oidOf(type)) {
    case types.keyBag:
      found.privateKeys.push(value.encoded)
      break
    case types.shroudedKeyBag: {
      const [algorithm, encrypted] = childrenOf(value)
      found.privateKeys.push(await decrypt(algorithm, octetsOf(encrypted), password, budget))
      break
    }
    case types.certificateBag: {
      const [kind, certificate] = childrenOf(value)
      if (oidOf(kind) === types.x509Certificate) found.certificates.push(octetsOf(explicit(certificate)))
    }
  }
}

/** The value inside `[0] EXPLICIT`. */
function explicit(value: BerValue | undefined): BerValue {
  const [inner] = childrenOf(value, tags.context0)
  if (!inner) throw new BerError('complete')
  return inner
}
