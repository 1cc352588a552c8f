/** More than file systems take; browsers cut names themselves. */
const MAX_CHARACTERS = 200

/** Controls, line separators, and the marks that turn the reading direction, with which `gpj.exe` looks like `exe.jpg`. */
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

/**
 * A `Content-Disposition` that saves under this name, in any script.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6266#section-4.3 RFC 6266 §4.3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc8187#section-3.2 RFC 8187 §3.2}
 */
export function contentDisposition(filename: string): string {
  const name = safeName(filename)
  // What old clients misread: quoting, escapes that some of them decode, everything beyond ASCII.
  const ascii = name.replace(/[^\x20-\x7E]/gu, '_').replace(/["%]/g, '_')
  return ascii === name ? `attachment; filename="${name}"` : `attachment; filename="${ascii}"; filename*=UTF-8''${encode(name)}`
}

function safeName(filename: string): string {
  const name = filename.toWellFormed().replace(INVISIBLE, '').replace(/[/\\]/g, '_').trim()
  return [...name].slice(0, MAX_CHARACTERS).join('').trim() || 'attachment'
}

/** `attr-char` is narrower than what `encodeURIComponent` leaves. */
function encode(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}
