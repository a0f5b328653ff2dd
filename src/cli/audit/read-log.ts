import type { AuditEvent } from '../../domain/account.ts'
import type { AuditPosition } from '../../domain/operations.ts'
import type { Logs } from '../../engine/audit.ts'
import type { Moment } from '../../engine/nearest.ts'
import { patiently } from '../../engine/patience.ts'

/** Where the reading of a span goes on. */
export interface LogPlace {
  app?: AuditPosition
  appEnded?: true
  own?: Moment
}

interface LogPage {
  events: AuditEvent[]
  next?: LogPlace
  /** What is missing from this page, in sentences. */
  gaps: string[]
}

/** More than a call of a vendor reads, so that no page is asked for twice. */
const EVENTS_AT_ONCE = 50_000
const OWN_AT_ONCE = 5_000

/**
 * Everything that happened at a tenant in a span, page by page: the app's log, then what this server knows itself. The app
 * is asked for the next page while this one is taken.
 */
export async function* readLog(
  name: string,
  { ask, own }: Logs,
  { since, until }: { since: Date; until: Date },
  { place: first, signal }: { place: LogPlace; signal: AbortSignal },
): AsyncGenerator<LogPage> {
  let place = first
  if (!place.appEnded && ask.tenants.get(name).offers('pullAudit')) {
    const pull = (at: AuditPosition | undefined) => {
      const asked = { since, until, limit: EVENTS_AT_ONCE, readsOn: true as const, ...(at && { at }) }
      const pulled = patiently(() => ask.one(name, 'pullAudit', asked), signal)
      // Nobody waits for it if the export ends before.
      pulled.catch(() => undefined)
      return pulled
    }
    for (let pulled = pull(place.app); ; ) {
      const page = await pulled
      if (page.next) pulled = pull(page.next)
      const isCut = !page.next && !page.complete
      place = page.next ? { app: page.next } : { appEnded: true }
      yield {
        events: page.items,
        next: place,
        gaps: page.leftOut > 0 || isCut ? [page.note ?? 'Not all events could be read.'] : [],
      }
      if (!page.next) break
    }
  }
  for (let behind = place.own; ; ) {
    const { items, more, altered } = await own({
      ...{ tenant: name, since, until, order: 'oldest_first', limit: OWN_AT_ONCE },
      ...(behind && { behind }),
    })
    const last = items.at(-1)
    const next = more && last ? { time: last.time, seq: last.seq } : undefined
    yield {
      events: items.map(({ seq: _, ...event }) => event),
      ...(next && { next: { appEnded: true, own: next } }),
      gaps: altered > 0 ? [`${altered} lines of the journal were altered and are left out.`] : [],
    }
    behind = next
    if (!behind) return
  }
}
