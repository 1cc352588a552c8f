/** One MIME part: its headers, and its decoded content or the parts inside. */
export interface MimePart {
  headers: { name: string; value: string }[]
  header(name: string): string | undefined
  contentType: string
  parameters: Record<string, string>
  content: Buffer
  parts?: MimePart[]
}

/** Splits headers from body and a multipart into its parts; transfer encodings are undone. */
export function parsePart(raw: Buffer): MimePart {
  const text = raw.toString('latin1')
  const end = /\r?\n\r?\n/.exec(text)
  const headerText = end ? text.slice(0, end.index) : text
  const body = end ? text.slice(end.index + end[0].length) : ''
  const headers = parseHeaders(headerText)
  const header = (name: string) => headers.find((one) => one.name.toLowerCase() === name)?.value
  const type = headerParameters(header('content-type') ?? 'text/plain')
  const boundary = type.value.startsWith('multipart/') ? type.parameters.boundary : undefined
  return {
    headers,
    header,
    contentType: type.value,
    parameters: type.parameters,
    content: boundary ? Buffer.alloc(0) : decodeTransfer(body, header('content-transfer-encoding')),
    parts: boundary === undefined ? undefined : splitParts(body, boundary).map((part) => parsePart(Buffer.from(part, 'latin1'))),
  }
}

function parseHeaders(text: string): { name: string; value: string }[] {
  // Header text beyond ASCII is UTF-8 (RFC 6532).
  const unfolded = Buffer.from(text, 'latin1')
    .toString('utf8')
    .replaceAll(/\r?\n(?=[ \t])/g, '')
  return unfolded.split(/\r?\n/).flatMap((line) => {
    const colon = line.indexOf(':')
    return colon > 0 ? [{ name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() }] : []
  })
}

function splitParts(body: string, boundary: string): string[] {
  const parts: string[] = []
  const delimiter = new RegExp(`(?:^|\\r?\\n)--${boundary.replaceAll(/\W/g, '\\$&')}(--)?[ \\t]*(?:\\r?\\n|$)`, 'g')
  let start: number | undefined
  for (const match of body.matchAll(delimiter)) {
    if (start !== undefined) parts.push(body.slice(start, match.index))
    if (match[1]) break
    start = match.index + match[0].length
  }
  return parts
}

function decodeTransfer(body: string, encoding: string | undefined): Buffer {
  switch (encoding?.trim().toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64')
    case 'quoted-printable':
      return decodeQuotedPrintable(body.replaceAll(/[ \t]+(?=\r?\n|$)/g, '').replaceAll(/=\r?\n/g, ''))
    default:
      return Buffer.from(body, 'latin1')
  }
}

function decodeQuotedPrintable(text: string): Buffer {
  return Buffer.from(
    text.replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}

/** A header's value and parameters, continued and encoded ones joined (RFC 2231). */
export function headerParameters(header: string): { value: string; parameters: Record<string, string> } {
  const [value = '', ...rest] = header.match(/(?:"(?:[^"\\]|\\.)*"|[^;"])+/g) ?? []
  const parameters: Record<string, string> = {}
  const extended: Record<string, string> = {}
  for (const one of rest) {
    const [, name = '', star, raw = ''] = /^\s*([^=*\s]+)(\*[\d*]*)?\s*=\s*([\s\S]*?)\s*$/.exec(one) ?? []
    const text = raw.startsWith('"') ? raw.slice(1, -1).replaceAll(/\\(.)/g, '$1') : raw
    const key = name.toLowerCase()
    if (star) extended[key] = (extended[key] ?? '') + text
    else parameters[key] = decodeHeader(text)
  }
  for (const [key, text] of Object.entries(extended)) {
    const [, charset, encoded] = /^([^']*)'[^']*'([\s\S]*)$/.exec(text) ?? [undefined, 'utf-8', text]
    parameters[key] = decodeText(decodeQuotedPrintable((encoded ?? '').replaceAll('%', '=')), charset)
  }
  return { value: value.trim().toLowerCase(), parameters }
}

/** Undoes encoded words (RFC 2047); white space between two of them is not text. */
export function decodeHeader(text: string): string {
  const joined = text.replaceAll(/(=\?[^?]+\?[BQ]\?[^?]*\?=)\s+(?==\?[^?]+\?[BQ]\?)/gi, '$1')
  return joined.replaceAll(
    /=\?([^?*]+)(?:\*[^?]*)?\?([BQ])\?([^?]*)\?=/gi,
    (_, charset: string, encoding: string, word: string) =>
      decodeText(
        encoding.toUpperCase() === 'B' ? Buffer.from(word, 'base64') : decodeQuotedPrintable(word.replaceAll('_', ' ')),
        charset,
      ),
  )
}

export function decodeText(bytes: Buffer, charset = 'utf-8'): string {
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return bytes.toString('utf8')
  }
}
