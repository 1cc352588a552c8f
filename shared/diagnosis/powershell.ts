/**
 * A text as one literal of PowerShell, which reads the typographic single quotes like the plain one.
 *
 * @see {@link https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules Quoting rules}
 */
export function quoted(text: string): string {
  return `'${text.replace(/['\u2018-\u201b]/g, '$&$&').replace(/\p{Cc}/gu, '')}'`
}
