/** The Microsoft clouds that have Exchange Online, by the names of the contract. */
export const cloudNames = ['global', 'usGov', 'usGovDod', 'china'] as const
export type CloudName = (typeof cloudNames)[number]

/** A host and port of a mail protocol. IMAP and POP begin with TLS, SMTP turns to it by STARTTLS. */
export interface MailHost {
  host: string
  port: number
}

export interface MailHosts {
  imap: MailHost
  pop: MailHost
  smtp: MailHost
}

/** Where one cloud is reached. */
export interface Cloud {
  authority: URL
  /** Without `/v1.0`. */
  graph: URL
  /** Resource of delegated IMAP, POP and SMTP scopes; app-only tokens name the other one. */
  outlookResource: string
  outlookAppResource: string
  mail: MailHosts
  /** Personal accounts exist in the global cloud only and have hosts of their own. */
  personalMail?: MailHosts
  /** `aud` of a managed identity's token that serves as federated credential here. */
  federatedAudience: string
  /** Hosts of this cloud that nobody has confirmed for OAuth: named here, in the docs, and nowhere taken for granted. */
  unconfirmed: string[]
}

const hosts = (imap: string, pop: string, smtp: string): MailHosts => ({
  imap: { host: imap, port: 993 },
  pop: { host: pop, port: 995 },
  smtp: { host: smtp, port: 587 },
})

/**
 * Hosts and resources by cloud.
 *
 * @see {@link https://learn.microsoft.com/graph/deployments National cloud deployments}
 * @see {@link https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth IMAP, POP, SMTP with OAuth}
 * @see {@link https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity Federated audience}
 */
export const clouds: Record<CloudName, Cloud> = {
  global: {
    authority: new URL('https://login.microsoftonline.com'),
    graph: new URL('https://graph.microsoft.com'),
    outlookResource: 'https://outlook.office.com',
    outlookAppResource: 'https://outlook.office365.com',
    mail: hosts('outlook.office365.com', 'outlook.office365.com', 'smtp.office365.com'),
    personalMail: hosts('outlook.office365.com', 'outlook.office365.com', 'smtp-mail.outlook.com'),
    federatedAudience: 'api://AzureADTokenExchange',
    unconfirmed: [],
  },
  usGov: {
    authority: new URL('https://login.microsoftonline.us'),
    graph: new URL('https://graph.microsoft.us'),
    outlookResource: 'https://outlook.office365.us',
    outlookAppResource: 'https://outlook.office365.us',
    mail: hosts('outlook.office365.us', 'outlook.office365.us', 'smtp.office365.us'),
    federatedAudience: 'api://AzureADTokenExchangeUSGov',
    unconfirmed: ['outlookResource', 'outlookAppResource', 'mail'],
  },
  usGovDod: {
    authority: new URL('https://login.microsoftonline.us'),
    graph: new URL('https://dod-graph.microsoft.us'),
    outlookResource: 'https://webmail.apps.mil',
    outlookAppResource: 'https://webmail.apps.mil',
    mail: hosts('outlook-dod.office365.us', 'outlook-dod.office365.us', 'outlook-dod.office365.us'),
    federatedAudience: 'api://AzureADTokenExchangeUSGov',
    unconfirmed: ['outlookResource', 'outlookAppResource', 'mail'],
  },
  china: {
    authority: new URL('https://login.chinacloudapi.cn'),
    graph: new URL('https://microsoftgraph.chinacloudapi.cn'),
    outlookResource: 'https://partner.outlook.cn',
    outlookAppResource: 'https://partner.outlook.cn',
    mail: hosts('partner.outlook.cn', 'partner.outlook.cn', 'smtp.partner.outlook.cn'),
    federatedAudience: 'api://AzureADTokenExchangeChina',
    unconfirmed: ['outlookResource', 'outlookAppResource', 'mail'],
  },
}
