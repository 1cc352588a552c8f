/** The protocols that take an XOAUTH2 sign-in at Exchange Online. */
export const mailProtocols = ['imap', 'pop', 'smtp'] as const
export type MailProtocol = (typeof mailProtocols)[number]

/**
 * The initial client response of SASL XOAUTH2, base64, ready for `AUTHENTICATE XOAUTH2`.
 *
 * @see {@link https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth#sasl-xoauth2 SASL XOAUTH2}
 */
export function xoauth2Response(username: string, accessToken: string): string {
  return Buffer.from(`user=${username}\u0001auth=Bearer ${accessToken}\u0001\u0001`).toString('base64')
}
