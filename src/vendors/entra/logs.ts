import type { AuditFilter } from '../../domain/audit-filter.ts'
import type { AuditPage, AuditPosition, RequestContext } from '../../domain/operations.ts'
import { UUID } from '../../domain/same.ts'
import type { Connection } from './clients.ts'
import { streamsFor } from './log-streams.ts'
import { mergeLogs } from './merge-logs.ts'
import { ifAllowed } from './rows.ts'
import { idOf } from './users.ts'

interface LogAsk extends AuditFilter {
  since: Date
  until: Date
  limit: number
  at?: AuditPosition
}

/** learn.microsoft.com/graph/api/directoryaudit-list: 999 at most. */
const MAX_EVENTS_PER_REQUEST = 999
/** learn.microsoft.com/entra/identity/monitoring-health/reference-reports-data-retention. */
const KEPT_DAYS = 30
const KEPT_DAYS_FREE = 7
const DAY_MS = 24 * 60 * 60_000

/** Events of the audit, sign-in and provisioning logs, newest first. A log that may not be read is named in `note`. */
export async function pullAudit(
  connection: Connection,
  { since, until, limit, at, ...filter }: LogAsk,
  context: RequestContext,
): Promise<AuditPage> {
  const { user } = filter
  const id = user === undefined ? undefined : await ifAllowed(() => userId(connection, user, context))
  const isScan = filter.action !== undefined || user !== undefined
  const size = at?.size ?? (isScan ? MAX_EVENTS_PER_REQUEST : Math.min(limit, MAX_EVENTS_PER_REQUEST))
  const merged = await mergeLogs(
    connection,
    streamsFor({ filter, id, since, until }),
    { filter: { ...filter, ...(id !== undefined && { user: id }) }, limit, size, at },
    context,
  )
  const { items, behind, leftOut, next, reached, unread } = merged
  const notes = [
    ...unread,
    ...(next && items.length < limit ? ['There are more events to read.'] : []),
    ...(leftOut > 0 ? [`${leftOut} events could not be read and are left out.`] : []),
    ...keptNote(since),
  ]
  return {
    items,
    behind,
    order: 'newest_first',
    leftOut,
    complete: !next && unread.length === 0 && leftOut === 0 && ageInDays(since) <= KEPT_DAYS,
    ...(next && { next }),
    ...(reached !== undefined && { reached }),
    ...(notes.length > 0 && { note: notes.join(' ') }),
  }
}

const userId = async (connection: Connection, user: string, context: RequestContext) =>
  UUID.test(user) ? user.toLowerCase() : idOf(connection, user, context)

const ageInDays = (since: Date): number => Math.floor((Date.now() - since.getTime()) / DAY_MS)

const keptNote = (since: Date): string[] =>
  ageInDays(since) > KEPT_DAYS_FREE
    ? [`Entra ID keeps its logs for ${KEPT_DAYS} days, and for ${KEPT_DAYS_FREE} without a P1 or P2 licence.`]
    : []
