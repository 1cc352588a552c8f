import { type StandIn, serve } from '../stand-in.ts'
import { Concurrency } from './concurrency.ts'
import { type GraphControl, graphControl } from './control.ts'
import { dispatch } from './dispatch.ts'
import { UploadSessions } from './operations/upload-sessions.ts'
import type { GraphOptions, GraphService } from './service.ts'
import { openStore } from './store/store.ts'

/** Exchange Online's default. @see {@link https://learn.microsoft.com/graph/api/attachment-createuploadsession} */
const MESSAGE_SIZE_LIMIT_BYTES = 35 * 1024 * 1024

export type GraphStandIn = StandIn & GraphControl

/**
 * Starts the Graph-shaped mail service: `/v1.0/me` and `/v1.0/users/{user}` with mail, and `/upload/…` for upload sessions.
 * In the journal it is `graph`. To slow requests down while they count as in flight, order the fault with `match.facts`.
 */
export async function startGraph(options: GraphOptions): Promise<GraphStandIn> {
  const { people, tenants, verify, faults } = options
  const service: GraphService = {
    people,
    tenants,
    verify,
    faults,
    store: openStore(options.folder, people),
    settings: { sentCopyDelayMs: 0, messageSizeLimit: MESSAGE_SIZE_LIMIT_BYTES, applicationMailboxes: new Map() },
    concurrency: new Concurrency(),
    uploads: new UploadSessions(),
  }
  const server = await serve('graph', options, (request, applyFaults) => dispatch(service, request, applyFaults))
  return {
    ...graphControl(service),
    url: server.url,
    close: async () => {
      await server.close()
      service.store.flush()
    },
  }
}
