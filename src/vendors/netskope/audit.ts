import type { AuditEvent } from '../../domain/account.ts'
import type { AuditOrder, AuditPage, AuditPosition, RequestContext } from '../../domain/operations.ts'
import { BadReply, InvalidInput } from '../../errors.ts'
import { sameText } from '../../text/text.ts'
import { saysNothingFound } from '../http/classify.ts'
import { MAX_PAGES_PER_CALL } from '../http/collect.ts'
import { toError } from '../http/errors.ts'
import { parseReply } from '../http/reply.ts'
import { asNumber, field } from '../http/values.ts'
import type { Clients } from './clients.ts'
import { netskopeError } from './errors.ts'
import { actorsOf, idOf, timeOf, toEvent } from './events.ts'

/** Documented in netskopeoss/netskope-py-sdk. */
const MAX_EVENTS_PER_REQUEST = 5_000

interface AuditSettings {
  auditPath: string
  auditOffsetParam: 'offset' | 'skip'
}

interface AuditAsk {
  since: Date
  until: Date
  user?: string
  limit: number
  at?: AuditPosition
}

/**
 * Events of the administrators' log, newest first within the page. `user` matches the actor of an event; the app cannot
 * search by the target.
 */
export async function pullAudit(
  clients: Clients,
  settings: AuditSettings,
  { since, until, user, limit, at = { offset: 0 } }: AuditAsk,
  context: RequestContext,
): Promise<AuditPage> {
  const asked = Math.min(limit, MAX_EVENTS_PER_REQUEST)
  const query = {
    ...(user !== undefined && { query: byUser(user) }),
    starttime: Math.floor(since.getTime() / 1000),
    endtime: Math.ceil(until.getTime() / 1000),
    limit: asked,
  }
  const isWanted = (event: AuditEvent, raw: unknown) =>
    Date.parse(event.time) >= since.getTime() &&
    Date.parse(event.time) <= until.getTime() &&
    (user === undefined || actorsOf(raw).some((actor) => sameText(actor, user)))

  const events = new Map<string, AuditEvent>()
  let times: number[] = []
  let { offset, before } = at
  let untimed = 0
  const page = (more: { next?: AuditPosition; ended?: boolean; why?: string }): AuditPage => {
    const notes = [
      WHOSE_LOG,
      more.why,
      untimed > 0 ? `${untimed} events have no time and are left out.` : undefined,
      user !== undefined && events.size === 0 && !more.next ? NO_PROOF : undefined,
    ].filter((text) => text !== undefined)
    return {
      items: [...events.values()].sort((a, b) => Date.parse(b.time) - Date.parse(a.time)),
      order: orderOf(times),
      complete: more.ended === true && untimed === 0,
      ...(more.next && { next: more.next }),
      note: notes.join(' '),
    }
  }

  for (let read = 0; read < MAX_PAGES_PER_CALL; read++) {
    const { rows, total } = await fetchRows(
      clients,
      settings,
      { ...query, [settings.auditOffsetParam]: offset },
      context,
    )
    if (rows.length === 0) {
      return total !== undefined && total > offset
        ? page({ why: `Netskope reported ${total} events but stopped after ${offset}.` })
        : page({ ended: true })
    }
    const first = idOf(rows[0])
    if (first === before) return page({ why: offsetIgnored(settings.auditOffsetParam) })
    times = times.concat(rows.flatMap((row) => timeOf(row) ?? []))
    for (const [index, raw] of rows.entries()) {
      const event = toEvent(raw)
      if (!event) untimed++
      else if (isWanted(event, raw) && !events.has(event.id)) {
        if (events.size >= limit) return page({ next: { offset: offset + index, before: first } })
        events.set(event.id, event)
      }
    }
    offset += rows.length
    before = first
    const more = total !== undefined && total > offset
    if (rows.length < asked && !more) return page({ ended: true })
    if (events.size >= limit) return page({ next: { offset, before } })
  }
  return page({
    next: { offset, ...(before !== undefined && { before }) },
    why: 'There are more events to read.',
  })
}

const WHOSE_LOG =
  'This log shows the actions of administrators and changes to the platform, not the activity of users.'

const NO_PROOF =
  'There is no event by this user. This does not prove inactivity: privacy settings can mask user names.'

const offsetIgnored = (param: string) =>
  `Netskope sent the same events again, so it ignores \`${param}\`. Set \`auditOffsetParam\` of this tenant to ` +
  `${param === 'skip' ? 'offset' : 'skip'}, or request a shorter time range.`

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
    'The audit log can only be searched by an email address, without quotes or backslashes.',
    'Give the administrator’s sign-in address.',
  )
}

/** Vendor-owned clients read `result`; stitchflow.com's Netskope API guide (2026-03-11) shows `data`. */
async function fetchRows(
  clients: Clients,
  { auditPath }: AuditSettings,
  query: Record<string, string | number>,
  context: RequestContext,
): Promise<{ rows: readonly unknown[]; total?: number | undefined }> {
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
