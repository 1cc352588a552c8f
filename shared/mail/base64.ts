/**
 * Is the text base64 as RFC 4648 §4 and §3.5 define it: padded, nothing beside the alphabet, unused bits zero? Decoders differ on
 * everything else, so what was checked here might not be what arrives.
 */
export function isBase64(text: string): boolean {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return false
  const end = text.slice(-4)
  return Buffer.from(end, 'base64').toString('base64') === end
}
