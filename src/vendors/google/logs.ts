import type { AuditEvent } from '../../domain/account.ts'
import type { AuditFilter } from '../../domain/audit-filter.ts'
import type { AuditPage, AuditPosition, RequestContext } from '../../domain/operations.ts'
import { path } from '../http/client.ts'
import { MAX_PAGES_PER_CALL } from '../http/collect.ts'
import { asId, asTime, asWord, field } from '../http/values.ts'
import { type GoogleApi, ifAllowed, type List, pageOf } from './api.ts'
import { isWanted, LOGS, type LogName, toEvent } from './log-events.ts'
import { isKey, rawUser } from './users.ts'

/** developers.google.com, Reports API, "activities.list". */
const MAX_EVENTS_PER_REQUEST = 1_000

interface LogAsk extends AuditFilter {
  since: Date
  until: Date
  limit: number
  at?: AuditPosition
}

/** How far one log is read: rows of the page behind `token` that are done. */
interface LogPosition {
  log: LogName
  token?: string
  done: number
}

/** A log that is being read. */
interface Reading extends LogPosition {
  list: List
  page?: { rows: readonly unknown[]; next?: string }
}

/** Events of the three logs, merged newest first. Each log has pages of its own. */
export async function pullAudit(
  api: GoogleApi,
  { since, until, limit, at, ...filter }: LogAsk,
  context: RequestContext,
): Promise<AuditPage> {
  const user = await userCalled(api, filter.user, context)
  const names = [filter.user, asWord(user?.primaryEmail), asId(user?.id)].filter((name) => name !== undefined)
  const isScan = filter.user !== undefined || filter.action !== undefined
  const query = { startTime: since.toISOString(), endTime: until.toISOString() }
  const pageSize = isScan ? MAX_EVENTS_PER_REQUEST : Math.min(limit, MAX_EVENTS_PER_REQUEST)
  const logs = positionsIn(at) ?? logsFor(filter).map((log): LogPosition => ({ log, done: 0 }))
  let open = logs.map(
    (one): Reading => ({
      ...one,
      list: listOf(one.log, { whose: whose(one.log, filter, user), query, pageSize }),
    }),
  )
  const items: AuditEvent[] = []
  const behind: AuditPosition[] = []
  let leftOut = 0
  let reached: string | undefined
  const page = (): AuditPage => {
    const left = positionsOf(open)
    const notes = [
      KEPT,
      ...(left.length > 0 && items.length < limit ? ['There are more events to read.'] : []),
      ...(leftOut > 0 ? [`${leftOut} events could not be read and are left out.`] : []),
    ]
    return {
      items,
      behind,
      order: 'newest_first',
      leftOut,
      complete: left.length === 0 && leftOut === 0,
      ...(left.length > 0 && { next: asPosition(left) }),
      ...(reached !== undefined && { reached }),
      note: notes.join(' '),
    }
  }
  for (let read = 0; read < MAX_PAGES_PER_CALL; read++) {
    open = await withRows(api, open, context)
    if (open.length === 0) return page()
    // As long as each log has a row, the newest of them is the next event.
    while (open.every(rowOf)) {
      const newest = open.reduce((one, other) => (timeOf(other) > timeOf(one) ? other : one))
      const raw = rowOf(newest)
      const event = toEvent(newest.log, raw)
      const wanted = event !== undefined && isWanted(raw, filter, names)
      if (wanted && items.length >= limit) return page()
      newest.done++
      if (!event) leftOut++
      else reached = event.time
      if (wanted) {
        items.push(event)
        behind.push(asPosition(positionsOf(open)))
      }
    }
    if (items.length >= limit) return page()
  }
  return page()
}

/** What is known of the user besides the name; an address of another domain is refused. */
const userCalled = (api: GoogleApi, name: string | undefined, context: RequestContext) =>
  name === undefined || !isKey(name) ? undefined : ifAllowed(() => rawUser(api, name, context))

// support.google.com/a/answer/7061566.
const KEPT = 'Google keeps these logs for 6 months; an event can take hours to show, and some take days.'

/** Only the admin log names whom an event concerns. */
const logsFor = ({ user, role }: AuditFilter): readonly LogName[] =>
  user !== undefined && role === 'target' ? ['admin'] : LOGS

/** Google finds the events that somebody acted in; whom the admin log concerns is compared here. */
function whose(log: LogName, { role }: AuditFilter, user: unknown): string {
  const id = asId(field(user, 'id'))
  return id === undefined || (log === 'admin' && role !== 'actor') ? 'all' : id
}

const listOf = (
  log: LogName,
  { whose, query, pageSize }: { whose: string; query: List['query']; pageSize: number },
): List => ({
  scope: 'admin.reports.audit.readonly',
  path: path`/admin/reports/v1/activity/users/${whose}/applications/${log}`,
  query,
  rows: 'items',
  pageSize,
})

const rowOf = ({ page, done }: Reading): unknown => page?.rows[done]

/** One that cannot be read comes first, so that it holds nothing up. */
const timeOf = (reading: Reading): string => asTime(field(field(rowOf(reading), 'id'), 'time')) ?? '\uffff'

/** The logs that have a row to read: pages that are done give way to the next ones, and a log that has ended is left out. */
async function withRows(
  api: GoogleApi,
  open: readonly Reading[],
  context: RequestContext,
): Promise<Reading[]> {
  const read = await Promise.all(
    open.map(async (one): Promise<Reading[]> => {
      if (rowOf(one) !== undefined) return [one]
      const turned = one.page ? turn(one) : one
      if (!turned) return []
      const { rows, nextCursor } = await pageOf(api, turned.list, turned.token, context)
      const page = { rows, ...(nextCursor !== undefined && { next: nextCursor }) }
      return rows.length > turned.done || nextCursor !== undefined ? [{ ...turned, page }] : []
    }),
  )
  return read.flat()
}

/** The same log at its next page; undefined at its end. */
function turn({ log, list, page }: Reading): Reading | undefined {
  return page?.next === undefined ? undefined : { log, list, token: page.next, done: 0 }
}

/** Where each log goes on; those that have ended are left out. */
const positionsOf = (open: readonly Reading[]): LogPosition[] =>
  open.flatMap((one) => {
    const next = one.page && rowOf(one) === undefined ? turn(one) : one
    return next
      ? [{ log: next.log, ...(next.token !== undefined && { token: next.token }), done: next.done }]
      : []
  })

const asPosition = (logs: readonly LogPosition[]): AuditPosition => ({
  offset: 0,
  size: 0,
  cursor: JSON.stringify(logs),
})

/** Cursors are signed, so one that came back has the form that it was given. */
const positionsIn = (at: AuditPosition | undefined): LogPosition[] | undefined =>
  at?.cursor === undefined ? undefined : (JSON.parse(at.cursor) as LogPosition[])
