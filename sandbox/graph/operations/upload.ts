import type { StandInRequest } from '../../stand-in.ts'
import { fileAttachment } from '../compose.ts'
import { badRequest, GraphError, itemNotFound } from '../errors.ts'
import { readBody, reply, serviceRoot } from '../http.ts'
import type { GraphService } from '../service.ts'
import { messageTooLarge } from '../submission.ts'
import type { UploadSession } from './upload-sessions.ts'

const PATH = /^\/upload\/([0-9a-f-]+)$/
const OPERATIONS: Record<string, string> = { PUT: 'uploadPart', GET: 'getUploadSession', DELETE: 'cancelUpload' }

/** The session an upload URL names, with the facts for the journal; undefined when the path is not one of an upload. */
export function findUpload(service: GraphService, request: StandInRequest): UploadSession | undefined {
  const [, id] = PATH.exec(request.url.pathname) ?? []
  if (id === undefined) return undefined
  Object.assign(request.facts, { operation: OPERATIONS[request.method] ?? 'unsupported', immutable: false })
  if (request.headers.has('authorization')) {
    throw new GraphError(
      401,
      'InvalidAuthenticationToken',
      'An upload URL carries its own authorization; send no Authorization header.',
    )
  }
  const session = service.uploads.find(id, request.url.searchParams.get('authtoken'))
  if (!session) throw itemNotFound()
  Object.assign(request.facts, { mailbox: session.mailbox.owner.oid, appid: session.appId })
  return session
}

/** PUT, GET and DELETE of an upload URL. */
export async function handleUpload(service: GraphService, request: StandInRequest, session: UploadSession): Promise<Response> {
  switch (request.method) {
    case 'PUT':
      return putPart(service, request, session)
    case 'GET':
      return reply(200, {
        expirationDateTime: new Date(session.expiresOn).toISOString(),
        nextExpectedRanges: [String(session.received)],
      })
    case 'DELETE':
      service.uploads.close(session)
      return reply(204)
    default:
      throw new GraphError(405, 'BadRequest', 'An upload URL takes PUT, GET and DELETE.')
  }
}

async function putPart(service: GraphService, request: StandInRequest, session: UploadSession): Promise<Response> {
  const bytes = await readBody(request)
  const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(request.headers.get('content-range') ?? '')?.map(Number) ?? []
  if (start === undefined || end === undefined || total !== session.file.size) throw badRequest('The Content-Range is not valid.')
  if (end - start + 1 !== bytes.length) throw badRequest('The Content-Range does not match the number of bytes.')
  if (start !== session.received || end >= total) {
    throw new GraphError(416, 'ErrorInvalidContentRange', `The next expected byte is ${session.received}.`)
  }
  const others = session.message.attachments.reduce((sum, { size }) => sum + size, 0)
  if (others + end + 1 > service.settings.messageSizeLimit) throw messageTooLarge()
  service.uploads.add(session, bytes)
  return session.received === total ? finish(service, request, session) : progress(session)
}

/** Outlook spells the names of this answer with capitals. @see {@link https://github.com/microsoftgraph/msgraph-sdk-serviceissues/issues/39} */
const progress = (session: UploadSession) =>
  reply(200, {
    ExpirationDateTime: new Date(session.expiresOn).toISOString(),
    NextExpectedRanges: [String(session.received)],
  })

function finish(service: GraphService, request: StandInRequest, session: UploadSession): Response {
  const { file, mailbox, message } = session
  const attachment = fileAttachment(service.store.blobs, file.name, Buffer.concat(session.parts), file)
  message.attachments.push(attachment)
  mailbox.touch(message)
  service.uploads.close(session)
  const location = `${serviceRoot(request)}/users/${mailbox.owner.oid}/messages/${message.id}/attachments/${attachment.id}`
  return reply(201, undefined, { location })
}
