/** Line breaks would start a new header field, other control characters have no place in one. RFC 5322 §2.2 */
const NOT_IN_HEADER = /[\p{Cc}\p{Zl}\p{Zp}]/u

/** Can the text stand in a header field? Lone surrogates cannot be written in UTF-8. */
export function isHeaderText(text: string): boolean {
  return !NOT_IN_HEADER.test(text) && text.isWellFormed()
}

/** RFC 5321 §4.5.3.1 */
const MAX_LOCAL_PART = 64
const MAX_DOMAIN = 255
const MAX_LABEL = 63

/** A dot-atom (RFC 5322 §3.2.3), or its internationalized form (RFC 6531); quoted local parts are not worth their trouble. */
const LOCAL_PART = /^[^\s@<>()[\]\\,;:"\p{Cc}]+$/u
const LABEL = /^[\p{L}\p{N}\p{M}](?:[\p{L}\p{N}\p{M}_-]*[\p{L}\p{N}\p{M}])?$/u

/** Could mail be sent to this address? Whether anyone reads it there only the recipient's server knows. */
export function isMailAddress(address: string): boolean {
  const at = address.lastIndexOf('@')
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)]
  if (at < 1 || local.length > MAX_LOCAL_PART || domain.length > MAX_DOMAIN || !address.isWellFormed()) return false
  const labels = domain.split('.')
  return (
    LOCAL_PART.test(local) &&
    !local.startsWith('.') &&
    !local.endsWith('.') &&
    labels.every((label) => label.length <= MAX_LABEL && LABEL.test(label))
  )
}
