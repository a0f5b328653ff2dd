import type { AuditEvent } from '../../domain/account.ts'
import { type AuditFilter, isAskedFor } from '../../domain/audit-filter.ts'
import type { AuditPage, AuditPosition, RequestContext } from '../../domain/operations.ts'
import { plainText } from '../../text/text.ts'
import { MAX_PAGES_PER_CALL } from '../http/collect.ts'
import { asId, asText, asTime, asWord, field } from '../http/values.ts'
import { recordReads } from '../records/reads.ts'
import { pagesOf } from './api.ts'
import { equals } from './search.ts'
import { type OktaApp, oktaUsers } from './users.ts'

/** developer.okta.com, "List all System Log events": 1,000 at most. */
const MAX_EVENTS_PER_REQUEST = 1_000

interface LogAsk extends AuditFilter {
  since: Date
  until: Date
  limit: number
  at?: AuditPosition
}

/** Events of the System Log, newest first. */
export async function pullAudit(
  app: OktaApp,
  { since, until, limit, at, ...asked }: LogAsk,
  context: RequestContext,
): Promise<AuditPage> {
  const { query: narrowed, isWanted, isScan } = await filterFor(app, asked, context)
  const size = at?.size ?? (isScan ? MAX_EVENTS_PER_REQUEST : Math.min(limit, MAX_EVENTS_PER_REQUEST))
  const span = { since: since.toISOString(), until: until.toISOString(), sortOrder: 'DESCENDING' }
  const first = { path: '/logs', query: { ...span, limit: size, ...narrowed } }
  const fetch = pagesOf(app, 'okta.logs.read', first, context)
  const items: AuditEvent[] = []
  const behind: AuditPosition[] = []
  let leftOut = 0
  let reached: string | undefined
  let position: AuditPosition = at ?? { offset: 0, size }
  const page = (more: { next?: AuditPosition; ended?: true; why?: string }): AuditPage => ({
    items,
    behind,
    order: 'newest_first',
    leftOut,
    complete: more.ended === true && leftOut === 0,
    ...(more.next && { next: more.next }),
    ...(reached !== undefined && { reached }),
    note: [KEPT, more.why, leftOut > 0 ? `${leftOut} events could not be read and are left out.` : undefined]
      .filter((text) => text !== undefined)
      .join(' '),
  })
  for (let read = 0; read < MAX_PAGES_PER_CALL; read++) {
    const { rows, nextCursor } = await fetch(1, position.cursor)
    // A log that is polled always has a next page; an empty one is the end.
    if (rows.length === 0) return page({ ended: true })
    const start = startIn(rows, position)
    for (const [index, raw] of rows.slice(start).entries()) {
      const event = toEvent(raw)
      const wanted = event !== undefined && isWanted(raw)
      if (wanted && items.length >= limit) return page({ next: position })
      position = { ...position, offset: start + index + 1, ...lastOf(raw) }
      if (event) reached = event.time
      else leftOut++
      if (!wanted) continue
      items.push(event)
      behind.push(position)
    }
    if (nextCursor === undefined) return page({ ended: true })
    position = { offset: 0, size, cursor: nextCursor }
    if (items.length >= limit) return page({ next: position })
  }
  return page({ next: position, why: 'There are more events to read.' })
}

// developer.okta.com, "System Log query".
const KEPT = 'Okta keeps its log for 90 days.'

const lastOf = (raw: unknown): { last?: string } => {
  const last = asId(field(raw, 'uuid'))
  return last === undefined ? {} : { last }
}

/** Where to go on in a page: behind the last event that was read, which newer ones may have moved down. */
function startIn(rows: readonly unknown[], { offset, last }: AuditPosition): number {
  const index = last === undefined ? -1 : rows.findIndex((row) => field(row, 'uuid') === last)
  return index < 0 ? offset : index + 1
}

/** Okta's longest keyword (developer.okta.com, "List all System Log events"). */
const MAX_KEYWORD = 40

interface LogFilter {
  query: Record<string, string>
  /** Whether an event is one that is asked for, compared on this side. */
  isWanted(raw: unknown): boolean
  /** Whether Okta sends many events that are not. */
  isScan: boolean
}

/**
 * The events of a user are found by id, so those under an earlier login are among them. Of somebody whom Okta does not have,
 * the log is searched for the text.
 */
async function filterFor(app: OktaApp, asked: AuditFilter, context: RequestContext): Promise<LogFilter> {
  const { user, role = 'either' } = asked
  const isScan = asked.action !== undefined
  if (user === undefined) return { query: {}, isScan, isWanted: (raw) => isAskedFor(asked, namesIn(raw)) }
  const { accounts } = await recordReads(oktaUsers(app)).findAccounts({ user }, context)
  const ids = accounts.map(({ id }) => id)
  if (ids.length === 0) {
    const query: Record<string, string> = user.length <= MAX_KEYWORD ? { q: user } : {}
    return { query, isScan: true, isWanted: (raw) => isAskedFor(asked, namesIn(raw)) }
  }
  const places = role === 'either' ? (['actor', 'target'] as const) : [role]
  const filter = places.flatMap((place) => ids.map((id) => equals(`${place}.id`, id))).join(' or ')
  const isWanted = (raw: unknown) => ids.some((id) => isAskedFor({ ...asked, user: id }, namesIn(raw)))
  return { query: { filter }, isScan, isWanted }
}

function toEvent(raw: unknown): AuditEvent | undefined {
  const id = asId(field(raw, 'uuid'))
  const time = asTime(field(raw, 'published'))
  const type = asText(field(raw, 'eventType'))
  if (id === undefined || time === undefined || type === undefined) return undefined
  const actor = nameOf(field(raw, 'actor'))
  const targets = targetsIn(raw).flatMap((target) => nameOf(target) ?? [])
  const outcome = asText(field(field(raw, 'outcome'), 'result'))
  const why = asText(field(field(raw, 'outcome'), 'reason'))
  return {
    id,
    time,
    action: plainText(`${type}${outcome ? `: ${outcome}` : ''}${why ? ` (${why})` : ''}`),
    source: 'app',
    ...(actor !== undefined && { actor }),
    ...(targets.length > 0 && { target: plainText(targets.join(', '), 320) }),
  }
}

const targetsIn = (raw: unknown): readonly unknown[] => {
  const targets = field(raw, 'target')
  return Array.isArray(targets) ? targets : []
}

/** The login, or what else the log calls somebody. */
const nameOf = (whom: unknown): string | undefined =>
  asText(field(whom, 'alternateId'), 320) ?? asText(field(whom, 'displayName'), 320)

/** All names in an event, as they are. */
function namesIn(raw: unknown) {
  const words = (whom: unknown) =>
    ['alternateId', 'displayName', 'id'].flatMap((name) => asWord(field(whom, name)) ?? [])
  return {
    actors: words(field(raw, 'actor')),
    targets: targetsIn(raw).flatMap(words),
    action: `${asWord(field(raw, 'eventType')) ?? ''} ${asWord(field(raw, 'displayMessage')) ?? ''}`,
  }
}
