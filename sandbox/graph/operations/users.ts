import { reply, serviceRoot } from '../http.ts'
import { checkOptions } from '../query/options.ts'
import { readSelect } from '../query/select.ts'
import type { GraphHandler } from '../service.ts'

const PROPERTIES = ['id', 'displayName', 'mail', 'userPrincipalName', 'userType', 'accountEnabled']
const DEFAULT = ['id', 'displayName', 'mail', 'userPrincipalName']

/** GET /me, /users/{user} */
export const getUser: GraphHandler = ({ mailbox: { owner }, request }) => {
  const query = request.url.searchParams
  checkOptions(query, ['$select'])
  const values: Record<string, unknown> = {
    id: owner.oid,
    displayName: owner.displayName,
    mail: owner.mail,
    userPrincipalName: owner.userPrincipalName,
    userType: 'Member',
    accountEnabled: !owner.sharedWith,
  }
  const names = readSelect(query, PROPERTIES, 'microsoft.graph.user') ?? DEFAULT
  return reply(200, {
    '@odata.context': `${serviceRoot(request)}/$metadata#users/$entity`,
    ...Object.fromEntries(names.map((name) => [name, values[name]])),
  })
}
