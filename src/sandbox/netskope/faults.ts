import type { FaultKind } from '../faults.ts'
import { change } from '../http-faults.ts'
import { type Incoming, isObject } from '../http-types.ts'

const isAudit = ({ path }: Incoming) => path.endsWith('/events/data/audit')

/** Deviations that are specific to Netskope's audit log, or on which its sources disagree. */
export const NETSKOPE_FAULTS = {
  'offset-ignored': {
    about: 'The audit log ignores offset: every page is the first one.',
    when: isAudit,
    act(incoming, run) {
      const query = new URLSearchParams(incoming.query)
      query.delete('offset')
      query.delete('skip')
      return run({ ...incoming, query })
    },
  },
  'audit-data-key': {
    // The shape in stitchflow.com's Netskope API guide; the vendor's own clients read `result`.
    about: 'The audit log has data: [{timestamp, user, action}].',
    when: isAudit,
    act: async (incoming, run) =>
      change(await run(incoming), (body) =>
        isObject(body) && Array.isArray(body.result)
          ? { ok: body.ok, data: body.result.map(sparseEvent) }
          : body,
      ),
  },
  'ok-zero': {
    about: 'The audit log answers 200 with {"ok":0,…} inside.',
    when: isAudit,
    status: 500,
    act: (_, __, { status }) => ({ status: 200, body: { ok: 0, result: 'Query failed', status } }),
  },
} satisfies Record<string, FaultKind>

const sparseEvent = (event: unknown) =>
  isObject(event) ? { timestamp: event.timestamp, user: event.user, action: event.audit_log_event } : event
