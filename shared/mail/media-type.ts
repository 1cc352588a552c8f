const OTHER = 'application/octet-stream'

/** RFC 9110 §8.3.1; tokens, and quoted values of printable ASCII without escapes. */
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/
const PARAMETERS = /^(?: *; *[\w!#$&^.+-]+=(?:[\w!#$&^.+-]+|"[ !#-[\]-~]*"))*$/

/**
 * A sender's word for what an attachment is, as a `Content-Type` header can carry it: parameters that cannot be written are
 * dropped, and what is no media type is bytes.
 */
export function toMediaType(text: string): string {
  const end = text.indexOf(';')
  const type = (end < 0 ? text : text.slice(0, end)).trim()
  if (!MEDIA_TYPE.test(type)) return OTHER
  const parameters = end < 0 ? '' : text.slice(end).trim()
  return PARAMETERS.test(parameters) ? `${type}${parameters}` : type
}
