import type { AuditEvent } from '../../domain/account.ts'
import type { AuditOrder, AuditPage, AuditPosition, RequestContext } from '../../domain/operations.ts'
import { BadReply, InvalidInput } from '../../errors.ts'
import { sameText } from '../../text/text.ts'
import { saysNothingFound } from '../http/classify.ts'
import { PAGES_A_CALL } from '../http/collect.ts'
import { toError } from '../http/errors.ts'
import { parseReply } from '../http/reply.ts'
import { asNumber, field } from '../http/values.ts'
import type { Clients } from './clients.ts'
import { explain } from './errors.ts'
import { actorsOf, idOf, timeOf, toEvent } from './events.ts'

/** As netskopeoss/netskope-py-sdk documents it. */
const MOST = 5_000

interface AuditSettings {
  auditPath: string
  auditOffsetParam: 'offset' | 'skip'
}

interface Ask {
  since: Date
  until: Date
  user?: string
  limit: number
  at?: AuditPosition
}

/**
 * Events of the administrators' log, newest first within the page. A user is matched as the one who acted; being the
 * object of somebody else's change is not the same and can't be asked of the app.
 */
export async function pullAudit(
  clients: Clients,
  settings: AuditSettings,
  { since, until, user, limit, at = { offset: 0 } }: Ask,
  context: RequestContext,
): Promise<AuditPage> {
  const asked = Math.min(limit, MOST)
  const query = {
    ...(user !== undefined && { query: byUser(user) }),
    starttime: Math.floor(since.getTime() / 1000),
    endtime: Math.ceil(until.getTime() / 1000),
    limit: asked,
  }
  const wanted = (event: AuditEvent, raw: unknown) =>
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
      untimed > 0 ? `${untimed} events bear no time and were left out.` : undefined,
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

  for (let read = 0; read < PAGES_A_CALL; read++) {
    const { rows, total } = await fetchRows(
      clients,
      settings,
      { ...query, [settings.auditOffsetParam]: offset },
      context,
    )
    if (rows.length === 0) {
      return total !== undefined && total > offset
        ? page({ why: `Netskope speaks of ${total} events and stopped after ${offset}.` })
        : page({ ended: true })
    }
    const first = idOf(rows[0])
    if (first === before) return page({ why: ignored(settings.auditOffsetParam) })
    times = times.concat(rows.flatMap((row) => timeOf(row) ?? []))
    for (const [index, raw] of rows.entries()) {
      const event = toEvent(raw)
      if (!event) untimed++
      else if (wanted(event, raw) && !events.has(event.id)) {
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
    why: 'There are more events to look through.',
  })
}

const WHOSE_LOG =
  'This log tells what administrators did and what changed on the platform, not what users do.'

const NO_PROOF =
  'No event by this user was found, which does not prove that there was none: privacy settings can mask user names.'

const ignored = (param: string) =>
  `Netskope sent the same events again, so it ignores \`${param}\`: set \`auditOffsetParam\` of this tenant to ` +
  `${param === 'skip' ? 'offset' : 'skip'}, or ask for a shorter span.`

/** How the pages run; the order is not documented and no parameter sets it. */
function orderOf(times: readonly number[]): AuditOrder {
  const [first, last] = [times[0], times.at(-1)]
  if (first === undefined || last === undefined || first === last) return 'unknown'
  return first > last ? 'newest_first' : 'oldest_first'
}

const ADDRESS = /^[\p{L}\p{N}.!#$%&*+/=?^_{|}~-]+@[\p{L}\p{N}.-]+$/u

/** How the app's query language escapes quotes is not documented, so nothing that holds one gets that far. */
function byUser(user: string): string {
  if (user.length <= 320 && ADDRESS.test(user)) return `user eq "${user}"`
  throw new InvalidInput(
    'The audit log can be searched by an email address only, without quotes or backslashes.',
    'Give the address with which the administrator signs in.',
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
    throw (await explain(clients, failure, asked, context)) ?? toError(failure, 'reads')
  }
  const rows = [field(answer.body, 'result'), field(answer.body, 'data')].find(Array.isArray)
  if (rows) {
    const total =
      asNumber(field(answer.body, 'total')) ?? asNumber(field(field(answer.body, 'status'), 'total'))
    return { rows, total }
  }
  throw new BadReply(
    'Netskope answered with something that is not an audit log.',
    'Check `url` and `auditPath` of this tenant.',
  )
}
