import type { AuditEvent } from '../../domain/account.ts'
import { type AuditFilter, isAskedFor } from '../../domain/audit-filter.ts'
import type { AuditPage, AuditPosition, RequestContext } from '../../domain/operations.ts'
import { plainText } from '../../text/text.ts'
import { MAX_PAGES_PER_CALL } from '../http/collect.ts'
import { asId, asText, asTime, asWord, field } from '../http/values.ts'
import { pageOf } from './api.ts'
import { type OktaApp, rawUser } from './users.ts'

/** developer.okta.com, "System Log": 1,000 at most. */
const MAX_EVENTS_PER_REQUEST = 1_000

interface LogAsk extends AuditFilter {
  since: Date
  until: Date
  limit: number
  at?: AuditPosition
}

/**
 * Events of the System Log, newest first. Okta finds the events of a user by id; of somebody whom it does not have by
 * that name, the log is searched for the text, and each event compared here.
 */
export async function pullAudit(
  app: OktaApp,
  { since, until, limit, at, ...filter }: LogAsk,
  context: RequestContext,
): Promise<AuditPage> {
  const isScan = filter.user !== undefined || filter.action !== undefined
  const query = {
    since: since.toISOString(),
    until: until.toISOString(),
    sortOrder: 'DESCENDING',
    limit: isScan ? MAX_EVENTS_PER_REQUEST : Math.min(limit, MAX_EVENTS_PER_REQUEST),
    ...(filter.user !== undefined && (await searchFor(app, filter, context))),
  }
  const items: AuditEvent[] = []
  const behind: AuditPosition[] = []
  let leftOut = 0
  let reached: string | undefined
  let position: AuditPosition = at ?? { offset: 0, size: 0 }
  const page = (more: { next?: AuditPosition; ended?: boolean; why?: string }): AuditPage => ({
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
    const first = { path: '/logs', query }
    const { rows, nextCursor } = await pageOf(
      app,
      'okta.logs.read',
      { first, cursor: position.cursor },
      context,
    )
    // The log can always have a next page; an empty one is the end.
    if (rows.length === 0) return page({ ended: true })
    for (const [index, raw] of rows.entries()) {
      if (index < position.offset) continue
      const event = toEvent(raw)
      if (!event) leftOut++
      else {
        const wanted = isAskedFor(filter, namesIn(raw))
        if (wanted && items.length >= limit) return page({ next: position })
        reached = event.time
        position = { ...position, offset: index + 1 }
        if (wanted) {
          items.push(event)
          behind.push(position)
        }
      }
    }
    if (nextCursor === undefined) return page({ ended: true })
    position = { offset: 0, size: 0, cursor: nextCursor }
    if (items.length >= limit) return page({ next: position })
  }
  return page({ next: position, why: 'There are more events to read.' })
}

const KEPT = 'Okta keeps its log for 90 days.'

/** A filter by the user's id, or the text if Okta does not have the user. */
async function searchFor(app: OktaApp, { user = '', role }: AuditFilter, context: RequestContext) {
  const id = asId((await rawUser(app, user, context))?.id)
  if (id === undefined) return { q: user }
  const by = (whom: 'actor' | 'target') => `${whom}.id eq ${JSON.stringify(id)}`
  return { filter: role === 'actor' || role === 'target' ? by(role) : `${by('actor')} or ${by('target')}` }
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
