import type { AuditEvent } from '../../domain/account.ts'
import type { AuditFilter } from '../../domain/audit-filter.ts'
import type { AuditOrder, AuditPage, AuditPosition, RequestContext } from '../../domain/operations.ts'
import { BadReply, InvalidInput } from '../../errors.ts'
import { saysNothingFound } from '../http/classify.ts'
import { MAX_PAGES_PER_CALL } from '../http/collect.ts'
import { toError } from '../http/errors.ts'
import { parseReply } from '../http/reply.ts'
import { asNumber, field } from '../http/values.ts'
import type { Clients } from './clients.ts'
import { netskopeError } from './errors.ts'
import { isWanted, ownIdOf, pageDigestOf, timeOf, toEvent } from './events.ts'
import { numbering } from './numbering.ts'
import type { PageAhead } from './page-ahead.ts'

/** Documented in netskopeoss/netskope-py-sdk. */
const MAX_EVENTS_PER_REQUEST = 5_000

interface AuditSettings {
  auditPath: string
  auditOffsetParam: 'offset' | 'skip'
}

interface AuditAsk extends AuditFilter {
  since: Date
  until: Date
  limit: number
  at?: AuditPosition
  readsOn?: true
}

/** A page of the log, as the app sent it. */
export interface AuditRows {
  rows: readonly unknown[]
  total?: number | undefined
}

interface AuditApp {
  clients: Clients
  settings: AuditSettings
  ahead: PageAhead<AuditRows>
}

/**
 * Events of the administrators' log, in its own order. The app searches by nothing but the actor; for any other filter
 * the log is read, as many pages as a call may, and compared here.
 */
export async function pullAudit(
  { clients, settings, ahead }: AuditApp,
  ask: AuditAsk,
  context: RequestContext,
): Promise<AuditPage> {
  const { since, until, user, role, action, limit } = ask
  const byActor = user !== undefined && role === 'actor'
  const isScan = action !== undefined || (user !== undefined && !byActor)
  const first = { offset: 0, size: isScan ? MAX_EVENTS_PER_REQUEST : Math.min(limit, MAX_EVENTS_PER_REQUEST) }
  let position: AuditPosition = ask.at ?? first
  const pageAt = (offset: number): [key: string, fetch: () => Promise<AuditRows>] => {
    const query = {
      ...(byActor && { query: byUser(user) }),
      starttime: Math.floor(since.getTime() / 1000),
      endtime: Math.ceil(until.getTime() / 1000),
      limit: position.size,
      [settings.auditOffsetParam]: offset,
    }
    return [JSON.stringify(query), () => fetchRows(clients, settings, query, context)]
  }

  const items: AuditEvent[] = []
  const behind: AuditPosition[] = []
  const times: number[] = []
  const untimed: string[] = []
  const numbered = numbering(position.equal)
  const page = (more: { next?: AuditPosition; ended?: boolean; why?: string }): AuditPage => {
    const last = times.at(-1)
    const notes = [
      WHOSE_LOG,
      more.why,
      untimed.length > 0 ? untimedNote(untimed) : undefined,
      (user !== undefined || action !== undefined) && items.length === 0 && !more.next ? NO_PROOF : undefined,
    ].filter((text) => text !== undefined)
    return {
      items,
      behind,
      order: orderOf(times),
      complete: more.ended === true && untimed.length === 0,
      leftOut: untimed.length,
      ...(more.next && { next: more.next, ...(last !== undefined && { reached: toIso(last) }) }),
      note: notes.join(' '),
    }
  }

  for (let read = 0; read < MAX_PAGES_PER_CALL; read++) {
    const { offset, size } = position
    const [key, fetch] = pageAt(offset)
    // Whoever does not read on is given the log as it is now.
    const { rows, total } = await (ask.readsOn ? ahead.take(key, fetch) : fetch())
    if (rows.length === 0) {
      return total !== undefined && total > offset
        ? page({ why: `Netskope reported ${total} events but stopped after ${offset}.` })
        : page({ ended: true })
    }
    const digest = pageDigestOf(rows)
    if (digest === position.page && (rows.some(ownIdOf) || (await hasRows(pageAt(BEYOND))))) {
      return page({ why: offsetIgnored(settings.auditOffsetParam) })
    }
    const isFull = rows.length >= size
    const mayEnd = total === undefined || total <= offset + rows.length
    if (ask.readsOn && isFull) ahead.ask(...pageAt(offset + rows.length))
    for (const [index, raw] of rows.entries()) {
      const time = timeOf(raw)
      const isInSpan = time === undefined || (time >= since.getTime() && time <= until.getTime())
      const wanted = isInSpan && isWanted(raw, ask)
      if (wanted && time !== undefined && items.length >= limit) return page({ next: position })
      const { id, isNew } = numbered.next(raw, time)
      const equal = numbered.carried()
      position = { offset: offset + index + 1, size, page: digest, ...(equal && { equal }) }
      if (time !== undefined) times.push(time)
      if (!wanted || !isNew) continue
      if (time === undefined) untimed.push(id)
      else {
        items.push(toEvent(raw, id, time, ask))
        behind.push(position)
      }
    }
    if (!isFull && mayEnd && !isCapped(rows.length)) return page({ ended: true })
    // Where every event counts, a page as long as it can be is enough: the next begins where it ends.
    const isEnough = isFull && !isScan && size >= Math.min(limit, MAX_EVENTS_PER_REQUEST) && items.length > 0
    if (items.length >= limit || isEnough) return page({ next: position })
  }
  return page({ next: position, why: 'There are more events to read.' })
}

const hasRows = async ([, fetch]: [string, () => Promise<AuditRows>]): Promise<boolean> =>
  (await fetch()).rows.length > 0

/** Further than any log reaches: an app that has events there ignores the offset. */
const BEYOND = 1_000_000_000

/** Whether a page that is short may be so because the app sends no more at once; it is then read on. */
const isCapped = (rows: number): boolean => rows % 100 === 0

const WHOSE_LOG =
  'This log shows the actions of administrators and changes to the platform, not the activity of users.'

const NO_PROOF =
  'The app’s log has no such event. This does not prove that nothing happened: privacy settings can mask user names, ' +
  'an event need not name whom it concerns, and the app words its actions in its own way.'

const offsetIgnored = (param: string) =>
  `Netskope sent the same events again, so it ignores \`${param}\`. Set \`auditOffsetParam\` of this tenant to ` +
  `${param === 'skip' ? 'offset' : 'skip'}, or request a shorter time range.`

const MAX_NAMED = 3

const untimedNote = (ids: readonly string[]): string =>
  `${ids.length} events have no time that can be read and are left out: ` +
  `${ids.slice(0, MAX_NAMED).join(', ')}${ids.length > MAX_NAMED ? ' …' : ''}.`

const toIso = (time: number): string => new Date(time).toISOString()

/** The order of the pages. It is not documented and no parameter sets it. */
function orderOf(times: readonly number[]): AuditOrder {
  const [first, last] = [times[0], times.at(-1)]
  if (first === undefined || last === undefined || first === last) return 'unknown'
  return first > last ? 'newest_first' : 'oldest_first'
}

const EMAIL = /^[\p{L}\p{N}.!#$%&*+/=?^_{|}~-]+@[\p{L}\p{N}.-]+$/u

/** The app's query language has no documented escape for quotes, so a value with a quote is rejected. */
function byUser(user: string): string {
  if (user.length <= 320 && EMAIL.test(user)) return `user eq "${user}"`
  throw new InvalidInput(
    'Netskope searches its audit log for an actor only by an email address, without quotes or backslashes.',
    'Give the administrator’s sign-in address, or leave `role` out.',
  )
}

/** Vendor-owned clients read `result`; stitchflow.com's Netskope API guide (2026-03-11) shows `data`. */
async function fetchRows(
  clients: Clients,
  { auditPath }: AuditSettings,
  query: Record<string, string | number>,
  context: RequestContext,
): Promise<AuditRows> {
  const answer = parseReply(await clients.of('rest').client.send({ path: auditPath, query }, context))
  if (!answer.ok) {
    const { failure } = answer
    if (saysNothingFound(failure)) return { rows: [] }
    const asked = { endpoint: auditPath, kind: 'rest', effect: 'reads' } as const
    throw (await netskopeError(clients, failure, asked, context)) ?? toError(failure, 'reads')
  }
  const rows = [field(answer.body, 'result'), field(answer.body, 'data')].find(Array.isArray)
  if (rows) {
    const total =
      asNumber(field(answer.body, 'total')) ?? asNumber(field(field(answer.body, 'status'), 'total'))
    return { rows, total }
  }
  throw new BadReply('Netskope’s answer is not an audit log.', 'Check `url` and `auditPath` of this tenant.')
}
